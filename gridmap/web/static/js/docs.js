// The API's documentation: Swagger UI on our own description; writes carry the token of the session.

const place = document.getElementById("docs");
let csrfToken;

async function tokenOfSession() {
  if (csrfToken === undefined) {
    const answer = await fetch(place.dataset.session);
    csrfToken = answer.ok ? (await answer.json()).csrf_token : "";
  }
  return csrfToken;
}

window.SwaggerUIBundle({
  url: place.dataset.spec,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: async (request) => {
    if (request.method && request.method !== "GET") {
      request.headers["X-CSRFToken"] = await tokenOfSession();
    }
    return request;
  },
});
