-- Both models, velocities, peers and the fleet's figures in SQL that DuckDB and SQLite both read.
--
-- {as_of}, {today}, {month}, the windows and the weights are integers filled in by sql.py; `IDIV` stands for the
-- engine's integer division. Thresholds are compared by cross multiplication, as exactly as the domain does it.

CREATE TABLE answers AS
WITH
open_tickets AS (
    SELECT client, COUNT(*) AS open, SUM(due < {as_of}) AS overdue,
           SUM(priority <= 2) AS urgent, MIN(CASE WHEN priority <= 2 THEN created END) AS oldest_urgent
    FROM ticket WHERE created < {as_of} AND (closed IS NULL OR closed >= {as_of}) GROUP BY client
),
volume AS (
    SELECT client, MAX(created_day) AS last_day,
{volume_columns}
    FROM ticket WHERE created < {as_of} GROUP BY client
),
revenue AS (
    SELECT client,
{revenue_columns}
    FROM invoice WHERE status IN ('PAID', 'PARTIAL') GROUP BY client
),
contracts AS (
    SELECT client, COUNT(*) AS active FROM contract
    WHERE status = 'ACTIVE' AND start_day <= {today} AND end_day >= {today} GROUP BY client
),
activity AS (
    SELECT c.client, COALESCE({today} - v.last_day, {today} - c.client_since, 0) AS inactive,
           COALESCE(o.open, 0) AS open, COALESCE(o.overdue, 0) AS overdue, COALESCE(k.active, 0) AS active,
{activity_columns}
    FROM client c
    LEFT JOIN open_tickets o ON o.client = c.client LEFT JOIN volume v ON v.client = c.client
    LEFT JOIN revenue r ON r.client = c.client LEFT JOIN contracts k ON k.client = c.client
),
factors AS (
    SELECT *, 100 - 5 * overdue
           - CASE WHEN open > 10 THEN 15 WHEN open > 5 THEN 10 WHEN open > 2 THEN 5 ELSE 0 END
           - CASE WHEN inactive > 90 THEN 20 WHEN inactive > 60 THEN 10 WHEN inactive > 30 THEN 5 ELSE 0 END
           + CASE WHEN active > 0 THEN 5 ELSE 0 END AS standing
    FROM activity
),
deduction AS (
    SELECT client,
{deduction_columns}
    FROM factors
),
responses AS (
    SELECT client, kind,
{survey_columns}
    FROM (
        SELECT client, kind, responded,
               CASE WHEN kind = 'CSAT' THEN CASE WHEN score >= 4 THEN 1 ELSE 0 END
                    WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END AS opinion
        FROM survey WHERE responded < {as_of}
    ) AS rated GROUP BY client, kind
),
levels AS (
    SELECT client, kind,
           CASE WHEN n90 >= 3 THEN n90 WHEN n180 >= 3 THEN n180 WHEN n365 >= 3 THEN n365 END AS n,
           CASE WHEN n90 >= 3 THEN v90 WHEN n180 >= 3 THEN v180 ELSE v365 END AS v,
           CASE WHEN n90 >= 3 THEN m90 WHEN n180 >= 3 THEN m180 ELSE m365 END AS m,
           CASE WHEN n90 >= 3 THEN w90 WHEN n180 >= 3 THEN w180 ELSE w365 END AS w
    FROM responses
),
tiers AS (
    SELECT client, kind, n, m, 100 * (v * m - w * n) AS change, n * m AS scale,
           CASE kind WHEN 'CSAT' THEN
               CASE WHEN 100 * v >= 95 * n THEN 100 WHEN 100 * v >= 85 * n THEN 85
                    WHEN 100 * v >= 75 * n THEN 65 WHEN 100 * v >= 60 * n THEN 40 ELSE 10 END
           ELSE
               CASE WHEN 100 * v >= 50 * n THEN 100 WHEN 100 * v >= 30 * n THEN 85
                    WHEN 100 * v >= 0 THEN 65 WHEN 100 * v >= -30 * n THEN 40 ELSE 10 END
           END AS tier
    FROM levels WHERE n IS NOT NULL
),
trends AS (
    SELECT client, CASE WHEN points > 100 THEN 100 WHEN points < 0 THEN 0 ELSE points END AS points
    FROM (
        SELECT client, tier + CASE
            WHEN m < 3 THEN 0
            WHEN change >= (CASE kind WHEN 'CSAT' THEN 5 ELSE 10 END) * scale THEN 10
            WHEN change <= -(CASE kind WHEN 'CSAT' THEN 15 ELSE 30 END) * scale THEN -30
            WHEN change <= -(CASE kind WHEN 'CSAT' THEN 5 ELSE 10 END) * scale THEN -15
            ELSE 0 END AS points
        FROM tiers
    ) AS moved
),
survey_points AS (
    SELECT client, (2 * SUM(points) + COUNT(*)) IDIV (2 * COUNT(*)) AS points FROM trends GROUP BY client
),
billed AS (
    SELECT client, SUM(hours) AS hours, SUM(budget) AS budget
    FROM (
        SELECT client, hours, budget, ROW_NUMBER() OVER (PARTITION BY client, month ORDER BY id DESC) AS place
        FROM billable_month WHERE month >= {month} - 3 AND month < {month}
    ) AS latest WHERE place = 1 AND budget > 0 GROUP BY client
),
meetings AS (
    SELECT client, MAX(held) AS qbr, MAX(CASE WHEN decision_maker THEN held END) AS met
    FROM qbr WHERE status = 'COMPLETED' AND held <= {today} GROUP BY client
),
contacts AS (
    SELECT client, MAX(occurred_day) AS met FROM touchpoint
    WHERE decision_maker AND occurred < {as_of} GROUP BY client
),
assessed AS (
    SELECT client, completed, score FROM (
        SELECT client, completed, score,
               ROW_NUMBER() OVER (PARTITION BY client ORDER BY completed DESC, id DESC) AS place
        FROM assessment WHERE completed <= {today}
    ) AS latest WHERE place = 1
),
payments AS (
    SELECT client, COALESCE({today} - MIN(CASE WHEN due_day < {today}
               AND (status IN ('SENT', 'PARTIAL') OR paid_day > {today}) THEN due_day END), 0) AS late
    FROM invoice WHERE status IN ('SENT', 'PARTIAL', 'PAID') AND issued <= {today} GROUP BY client
),
reconciled AS (
    SELECT client, contracted, used FROM (
        SELECT client, contracted, used,
               ROW_NUMBER() OVER (PARTITION BY client ORDER BY completed DESC, id DESC) AS place
        FROM reconciliation WHERE completed <= {today}
    ) AS latest WHERE place = 1
),
counted AS (
    SELECT client, recorded, employees, MAX(recorded) OVER (PARTITION BY client) AS newest FROM (
        SELECT client, recorded, employees,
               ROW_NUMBER() OVER (PARTITION BY client, recorded ORDER BY id DESC) AS place
        FROM headcount WHERE recorded <= {today}
    ) AS latest WHERE place = 1
),
compared AS (
    SELECT client, newest, COALESCE(MAX(CASE WHEN newest - recorded >= 365 THEN recorded END),
                                    MIN(CASE WHEN newest - recorded >= 90 THEN recorded END)) AS base
    FROM counted GROUP BY client, newest
),
growth AS (
    SELECT p.client, b.employees AS before, n.employees - b.employees AS change
    FROM compared p
    JOIN counted b ON b.client = p.client AND b.recorded = p.base
    JOIN counted n ON n.client = p.client AND n.recorded = p.newest
    WHERE {today} - p.newest <= 400 AND b.employees > 0
),
signals AS (
    SELECT c.client,
           CASE WHEN COALESCE(o.urgent, 0) = 0 THEN 100
                ELSE (CASE o.urgent WHEN 1 THEN 80 WHEN 2 THEN 60 ELSE 30 END)
                     - CASE WHEN {as_of} - o.oldest_urgent > 604800 THEN 20 ELSE 0 END END AS p1,
           s.points AS p2,
           CASE WHEN b.budget IS NULL THEN NULL WHEN 100 * (b.hours - b.budget) <= 10 * b.budget THEN 100
                WHEN 100 * (b.hours - b.budget) <= 25 * b.budget THEN 60 ELSE 20 END AS p3,
           CASE WHEN COALESCE(q.qbr, c.client_since) IS NULL THEN 10
                WHEN {today} - COALESCE(q.qbr, c.client_since) <= 89 THEN 100
                WHEN {today} - COALESCE(q.qbr, c.client_since) <= 120 THEN 70
                WHEN {today} - COALESCE(q.qbr, c.client_since) <= 180 THEN 40 ELSE 10 END AS p4,
           CASE WHEN COALESCE(t.met, q.met, c.client_since) IS NULL THEN 15
                WHEN {today} - COALESCE(CASE WHEN q.met > t.met THEN q.met ELSE t.met END, q.met, c.client_since) <= 30
                    THEN 100
                WHEN {today} - COALESCE(CASE WHEN q.met > t.met THEN q.met ELSE t.met END, q.met, c.client_since) <= 60
                    THEN 75
                WHEN {today} - COALESCE(CASE WHEN q.met > t.met THEN q.met ELSE t.met END, q.met, c.client_since) <= 90
                    THEN 45
                ELSE 15 END AS p5,
           CASE WHEN {today} - a.completed <= 365 THEN (2 * a.score + 100) IDIV 200 END AS p6,
           CASE WHEN y.late IS NULL THEN NULL WHEN y.late <= 0 THEN 100 WHEN y.late <= 30 THEN 75
                WHEN y.late <= 60 THEN 45 WHEN y.late <= 90 THEN 20 ELSE 0 END AS p7,
           CASE WHEN r.contracted IS NULL OR r.contracted = 0 THEN NULL
                WHEN r.used >= r.contracted THEN
                    CASE WHEN 100 * (r.used - r.contracted) <= 10 * r.contracted THEN 100
                         WHEN 100 * (r.used - r.contracted) <= 25 * r.contracted THEN 60 ELSE 20 END
                WHEN 100 * (r.contracted - r.used) <= 10 * r.contracted THEN 100
                WHEN 100 * (r.contracted - r.used) <= 33 * r.contracted THEN 70 ELSE 30 END AS p8,
           CASE WHEN g.before IS NULL THEN NULL WHEN g.change BETWEEN -1 AND 1 THEN 70
                WHEN 100 * g.change >= 10 * g.before THEN 100 WHEN 100 * g.change >= 2 * g.before THEN 85
                WHEN 100 * g.change > -2 * g.before THEN 70 WHEN 100 * g.change > -10 * g.before THEN 45
                WHEN 100 * g.change > -25 * g.before THEN 20 ELSE 5 END AS p9
    FROM client c
    LEFT JOIN open_tickets o ON o.client = c.client LEFT JOIN survey_points s ON s.client = c.client
    LEFT JOIN billed b ON b.client = c.client LEFT JOIN meetings q ON q.client = c.client
    LEFT JOIN contacts t ON t.client = c.client LEFT JOIN assessed a ON a.client = c.client
    LEFT JOIN payments y ON y.client = c.client LEFT JOIN reconciled r ON r.client = c.client
    LEFT JOIN growth g ON g.client = c.client
),
weighed AS (
    SELECT s.*, d.d7, d.d30, d.d90, d.d12m, d.r30, d.d30 - b.deduction AS deduction_velocity,
           {points_now} AS total, {weight_now} AS coverage,
           {common_now} AS common_total, {common_before} AS before_total, {common_weight} AS common
    FROM signals s JOIN deduction d ON d.client = s.client LEFT JOIN baseline b ON b.client = s.client
),
scored AS (
    SELECT *, CASE WHEN coverage >= 4000 THEN (2 * total + coverage) IDIV (2 * coverage) END AS weighted,
           CASE WHEN common >= 4000 THEN (2 * common_total + common) IDIV (2 * common)
                - (2 * before_total + common) IDIV (2 * common) END AS weighted_velocity
    FROM weighed
)
SELECT k.client, d7, d30, d90, d12m, r30, p1, p2, p3, p4, p5, p6, p7, p8, p9, coverage, weighted,
       deduction_velocity, weighted_velocity,
       CASE WHEN weighted IS NULL OR c.industry IS NULL THEN NULL
            ELSE (20 * SUM(weighted) OVER (PARTITION BY c.industry) + COUNT(weighted) OVER (PARTITION BY c.industry))
                 IDIV (2 * COUNT(weighted) OVER (PARTITION BY c.industry)) END AS industry_tenths,
       CASE WHEN weighted IS NULL OR COUNT(weighted) OVER () < 2 THEN NULL
            ELSE (200 * (RANK() OVER (ORDER BY COALESCE(weighted, 101)) - 1) + COUNT(weighted) OVER () - 1)
                 IDIV (2 * (COUNT(weighted) OVER () - 1)) END AS percentile
FROM scored k JOIN client c ON c.client = k.client;

CREATE TABLE fleet AS
SELECT COUNT(weighted) AS n, SUM(weighted) AS total, SUM(weighted >= 70) AS green,
       SUM(weighted >= 40 AND weighted < 70) AS yellow, SUM(weighted < 40) AS red, SUM(d30) AS deduction_total,
       SUM(d30 >= 70) AS healthy, SUM(d30 >= 40 AND d30 < 70) AS at_risk, SUM(d30 < 40) AS critical
FROM answers;

CREATE TABLE declining AS
SELECT a.client FROM answers a JOIN client c ON c.client = a.client
WHERE weighted_velocity < 0 AND weighted IS NOT NULL ORDER BY weighted_velocity, weighted, c.name, c.client LIMIT 5;
