-- What the weekly patterns ask for: a row for each shift to come, before singles and each other are looked at.
-- Parameters: now timestamptz; first_day, last_day date (local days looked at, both included); staff_ids bigint[]
--             (NULL = everybody). Returns: nothing; fills wanted_shifts.
-- A pattern that rests on holidays counts a worked weekend day as the weekday it stands for: Friday for a Saturday,
-- Monday for a Sunday where the calendar does not say. One that works on holidays does not ask the calendar. Nobody is
-- rostered after the last day of the last posting; who has no postings at all is.
-- Relies on: uq_shift_patterns_staff_id_weekdays_starts_time_valid_from, pk_pattern_exceptions.
INSERT INTO wanted_shifts (pattern_id, staff_id, station_id, area_id, starts_at, ends_at)
WITH days AS MATERIALIZED (
    SELECT d::date AS day, coalesce(c.kind, '') AS kind, extract(isodow FROM d)::int AS weekday,
           CASE WHEN c.kind = 'workday'
                THEN coalesce(c.stands_for, CASE extract(isodow FROM d) WHEN 6 THEN 5 WHEN 7 THEN 1 END,
                              extract(isodow FROM d))
                ELSE extract(isodow FROM d) END::int AS worked_as
    FROM generate_series(CAST(:first_day AS timestamp), CAST(:last_day AS timestamp), interval '1 day') d
    LEFT JOIN calendar_days c ON c.day = d::date
), leaving AS MATERIALIZED (
    SELECT staff_id, max(coalesce(ends_on, 'infinity')) AS last_day FROM postings GROUP BY staff_id
), asked AS (
    SELECT p.id, p.staff_id, p.zone, days.day,
           coalesce(e.starts_time, p.starts_time) AS starts_time, coalesce(e.ends_time, p.ends_time) AS ends_time,
           CASE WHEN num_nonnulls(e.station_id, e.area_id) = 0 THEN p.station_id ELSE e.station_id END AS station_id,
           CASE WHEN num_nonnulls(e.station_id, e.area_id) = 0 THEN p.area_id ELSE e.area_id END AS area_id
    FROM shift_patterns p
    JOIN days ON days.day BETWEEN p.valid_from AND coalesce(p.valid_to, 'infinity')
             AND CASE p.on_holidays
                     WHEN 'works' THEN days.weekday = ANY (p.weekdays)
                     WHEN 'only' THEN days.kind = 'holiday' AND days.weekday = ANY (p.weekdays)
                     ELSE days.kind <> 'holiday' AND days.worked_as = ANY (p.weekdays)
                 END
    LEFT JOIN leaving ON leaving.staff_id = p.staff_id
    LEFT JOIN pattern_exceptions e ON e.pattern_id = p.id AND e.day = days.day
    WHERE (CAST(:staff_ids AS bigint[]) IS NULL OR p.staff_id = ANY (CAST(:staff_ids AS bigint[])))
      AND days.day <= coalesce(leaving.last_day, 'infinity')
      AND NOT coalesce(e.is_off, false)
), timed AS (
    SELECT id, staff_id, station_id, area_id, (day + starts_time) AT TIME ZONE zone AS starts_at,
           (day + ends_time + CASE WHEN ends_time <= starts_time THEN interval '1 day' ELSE interval '0' END)
               AT TIME ZONE zone AS ends_at
    FROM asked
)
SELECT id, staff_id, station_id, area_id, starts_at, ends_at FROM timed WHERE starts_at > :now AND ends_at > starts_at
