-- What base does to a copy that must not act on the world (restored or duplicated with "neutralize").

-- Jobs rest, except the one that only tidies this database up.
UPDATE ir_cron
   SET active = false
 WHERE id NOT IN (SELECT res_id
                    FROM ir_model_data
                   WHERE module = 'base' AND name = 'autovacuum_job' AND model = 'ir.cron');

-- No mail leaves: real servers are off, and the one that is left has an address that cannot exist (RFC 2606).
UPDATE ir_mail_server SET active = false, smtp_user = NULL, smtp_pass = NULL;
INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, smtp_authentication, sequence, active)
     VALUES ('neutralized: sends nothing', 'neutralized.invalid', 25, 'none', 'login', 0, true);

-- What was to leave stays: the original sends it.
UPDATE ir_job SET state = 'cancelled', ended = now() AT TIME ZONE 'UTC' WHERE state IN ('waiting', 'running');

-- No other program is called.
UPDATE ir_act_server SET webhook_url = NULL WHERE webhook_url IS NOT NULL;
-- Nor can who works on the copy sign as the original.
DELETE FROM ir_config_parameter WHERE key = 'webhook.secret';

INSERT INTO ir_config_parameter (key, value)
     VALUES ('database.is_neutralized', 'true')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
