/** The form of one rule: its names and target, and the parameters that its kind asks for. */

import { make } from "./elements.js";
import { boxes, choice, field } from "./form_fields.js";
import { say } from "./page_data.js";

function number(value, { least, most, whole }) {
  return make("input.input", { type: "number", inputmode: whole ? "numeric" : "decimal", min: least, max: most, step: whole ? 1 : "any", value: value ?? "" });
}

function parameterField(parameter, given) {
  const name = `parameters.${parameter.code}`;
  const value = given[parameter.code] ?? parameter.default;
  if (parameter.many) return boxes(name, parameter.name, parameter.words, value ?? []);
  const control = parameter.words.length ? choice(parameter.words, value) : number(value, parameter);
  return field(name, parameter.name, control);
}

/** Make the fields of a rule, or of a new one where there is none. */
export function ruleForm(kinds, rule) {
  const text = (value, more = {}) => make("input.input", { type: "text", value, ...more });
  const kind = choice(kinds.map(({ code, name }) => ({ word: code, name })), rule?.kind);
  const asked = make("div.parameters");
  const showParameters = () => {
    const chosen = kinds.find((one) => one.code === kind.value);
    asked.replaceChildren(...chosen.parameters.map((one) => parameterField(one, rule?.parameters ?? {})));
  };
  kind.disabled = rule !== null;
  kind.addEventListener("change", showParameters);
  showParameters();
  const counted = ["places", "households"].map((word) => ({ word, name: say(`coverage_page.by_${word}`) }));
  const target = rule ? Number((rule.target_share * 100).toFixed(2)) : 100;
  const code = text(rule?.code ?? "", { autocomplete: "off", spellcheck: "false", maxlength: 64 });
  code.disabled = rule !== null;
  return [
    field("kind", say("coverage_page.rule_kind"), kind),
    field("name_zh", say("coverage_page.rule_name_zh"), text(rule?.name_zh ?? "", { maxlength: 60, lang: "zh" })),
    field("name_en", say("coverage_page.rule_name_en"), text(rule?.name_en ?? "", { maxlength: 60, lang: "en" })),
    field("code", say("coverage_page.rule_code"), code),
    asked,
    field("target_share", say("coverage_page.rule_target"), number(target, { least: 0.01, most: 100, whole: false })),
    field("counted_by", say("coverage_page.rule_counted_by"), choice(counted, rule?.counted_by)),
  ];
}

function valueOf(form, parameter) {
  const name = `parameters.${parameter.code}`;
  if (parameter.many) return [...form.querySelectorAll(`[name="${name}"]:checked`)].map((box) => box.value);
  const given = form.elements[name].value;
  if (parameter.words.length) return given;
  return given === "" ? null : Number(given);
}

/** Read what the API takes; a parameter left empty is left out. */
export function readRule(form, kind) {
  const given = kind.parameters.map((one) => [one.code, valueOf(form, one), one.required]);
  const said = given.filter(([, value, isRequired]) => value !== null && (isRequired || value.length !== 0));
  const of = (name) => form.elements[name].value.trim();
  return {
    name_zh: of("name_zh"),
    name_en: of("name_en"),
    parameters: Object.fromEntries(said.map(([code, value]) => [code, value])),
    target_share: Number(of("target_share")) / 100,
    counted_by: of("counted_by"),
  };
}
