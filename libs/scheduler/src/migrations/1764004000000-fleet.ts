import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The fleet as facts, conditions and counters. What placement reads and counts in is a narrow row of its own, so that a
 * heartbeat does not touch its index and a placement does not touch the facts. Hosts of the release before keep their
 * slots: the counters are made from the placements that stand, and reservations under way get their end.
 */
export class Fleet1764004000000 implements MigrationInterface {
  readonly name = 'Fleet1764004000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(FACTS);
    await queryRunner.query(CAPACITIES);
    await queryRunner.query(`
      CREATE INDEX wolf_capacities_by_load ON wolf_capacities
        (rank, ((reserved + confirmed + foreign_lobbies)::float8 / greatest(max_sandboxes, 1)), placed_seq,
         wolf_instance_id COLLATE "C")
        WHERE rank IS NOT NULL AND reserved + confirmed + foreign_lobbies < max_sandboxes`);
    await queryRunner.query(`
      CREATE INDEX wolf_capacities_by_turn ON wolf_capacities (rank, placed_seq, wolf_instance_id COLLATE "C")
        WHERE rank IS NOT NULL AND reserved + confirmed + foreign_lobbies < max_sandboxes`);
    await queryRunner.query('CREATE SEQUENCE placement_seq');
    await queryRunner.query(PLACEMENTS);
    await queryRunner.query(EVENTS);
    await queryRunner.query(DISK_SAMPLES);
    await queryRunner.query(CAPACITY_OF_INSTANCE);
    await queryRunner.query(`
      CREATE TRIGGER wolf_instance_capacity AFTER INSERT ON wolf_instances FOR EACH ROW
        EXECUTE FUNCTION keep_wolf_capacity()`);
    await queryRunner.query(`
      CREATE TRIGGER wolf_instance_capacity_changed AFTER UPDATE ON wolf_instances FOR EACH ROW
        WHEN ((OLD.placement_rank, OLD.gpu_vendor, OLD.labels, OLD.desktop_versions, OLD.sway_version, OLD.max_sandboxes,
               OLD.encoder_sessions_max, OLD.video_memory_per_session_mb)
          IS DISTINCT FROM
              (NEW.placement_rank, NEW.gpu_vendor, NEW.labels, NEW.desktop_versions, NEW.sway_version, NEW.max_sandboxes,
               NEW.encoder_sessions_max, NEW.video_memory_per_session_mb))
        EXECUTE FUNCTION keep_wolf_capacity()`);
    // Makes the row of each host that is there already.
    await queryRunner.query(`
      UPDATE wolf_instances SET host_max_sandboxes = CASE WHEN auto_registered THEN NULL ELSE max_sandboxes END,
        facts_version = facts_version + 1`);
    await queryRunner.query(`
      INSERT INTO wolf_capacities (wolf_instance_id, gpu_vendor, max_sandboxes)
      SELECT id, gpu_vendor, max_sandboxes FROM wolf_instances ON CONFLICT DO NOTHING`);
    await queryRunner.query(`
      UPDATE wolf_capacities c SET reserved = p.reserved, confirmed = p.confirmed, unseen = p.reserved + p.confirmed
      FROM (SELECT wolf_instance_id, (count(*) FILTER (WHERE state = 'reserved'))::int AS reserved,
              (count(*) FILTER (WHERE state = 'confirmed'))::int AS confirmed
            FROM placements GROUP BY wolf_instance_id) p
      WHERE p.wolf_instance_id = c.wolf_instance_id`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION keep_wolf_capacity() CASCADE');
    await queryRunner.query(
      'DROP TABLE wolf_disk_samples, wolf_instance_events, placement_queue, placement_decisions, wolf_capacities',
    );
    await queryRunner.query('DROP SEQUENCE placement_seq');
    await queryRunner.query('ALTER TABLE placements DROP COLUMN expires_at, DROP COLUMN is_unseen');
    await queryRunner.query(
      `ALTER TABLE wolf_instances ${FACT_COLUMNS.map((name) => `DROP COLUMN ${name}`).join(', ')}`,
    );
  }
}

const FACT_COLUMNS = [
  'gpus',
  'labels',
  'helix_version',
  'operator_max_sandboxes',
  'host_max_sandboxes',
  'encoder_sessions_max',
  'video_memory_per_session_mb',
  'last_heartbeat_at',
  'containers',
  'wolf_health',
  'stuck_thread_count',
  'can_create_pipelines',
  'canary_failing_since',
  'canary_failure',
  'gpu_monitoring',
  'cordoned_at',
  'cordoned_by',
  'cordon_reason',
  'drain_started_at',
  'drain_deadline_at',
  'drained_by',
  'drain_reason',
  'status',
  'conditions',
  'placement_rank',
  'status_changed_at',
  'facts_version',
  'settled_version',
] as const;

const FACTS = `
  ALTER TABLE wolf_instances
    ADD COLUMN gpus                        jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN labels                      jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN helix_version               text NOT NULL DEFAULT '',
    ADD COLUMN operator_max_sandboxes      integer,
    ADD COLUMN host_max_sandboxes          integer,
    ADD COLUMN encoder_sessions_max        integer,
    ADD COLUMN video_memory_per_session_mb integer,
    ADD COLUMN last_heartbeat_at           timestamptz,
    ADD COLUMN containers                  jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN wolf_health                 text NOT NULL DEFAULT ''
      CONSTRAINT wolf_instances_health CHECK (wolf_health IN ('', 'healthy', 'degraded', 'critical')),
    ADD COLUMN stuck_thread_count          integer NOT NULL DEFAULT 0,
    ADD COLUMN can_create_pipelines        boolean NOT NULL DEFAULT true,
    ADD COLUMN canary_failing_since        timestamptz,
    ADD COLUMN canary_failure              text NOT NULL DEFAULT '',
    ADD COLUMN gpu_monitoring              text NOT NULL DEFAULT ''
      CONSTRAINT wolf_instances_gpu_monitoring CHECK (gpu_monitoring IN ('', 'ok', 'lost')),
    ADD COLUMN cordoned_at                 timestamptz,
    ADD COLUMN cordoned_by                 text NOT NULL DEFAULT '',
    ADD COLUMN cordon_reason               text NOT NULL DEFAULT '',
    ADD COLUMN drain_started_at            timestamptz,
    ADD COLUMN drain_deadline_at           timestamptz,
    ADD COLUMN drained_by                  text NOT NULL DEFAULT '',
    ADD COLUMN drain_reason                text NOT NULL DEFAULT '',
    ADD COLUMN status                      text NOT NULL DEFAULT 'offline'
      CONSTRAINT wolf_instances_status CHECK (status IN ('online', 'degraded', 'draining', 'cordoned', 'offline')),
    ADD COLUMN conditions                  jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN placement_rank              smallint,
    ADD COLUMN status_changed_at           timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN facts_version               integer NOT NULL DEFAULT 1,
    ADD COLUMN settled_version             integer NOT NULL DEFAULT 0`;

/** Half of each page is left free: the counters change with each placement, and the row should stay on its page. */
const CAPACITIES = `
  CREATE TABLE wolf_capacities (
    wolf_instance_id            text NOT NULL,
    rank                        smallint,
    gpu_vendor                  text NOT NULL DEFAULT '',
    labels                      jsonb NOT NULL DEFAULT '{}',
    images                      jsonb NOT NULL DEFAULT '{}',
    max_sandboxes               integer NOT NULL,
    reserved                    integer NOT NULL DEFAULT 0,
    confirmed                   integer NOT NULL DEFAULT 0,
    foreign_lobbies             integer NOT NULL DEFAULT 0,
    unseen                      integer NOT NULL DEFAULT 0,
    encoder_sessions            integer,
    encoder_sessions_max        integer,
    video_memory_used_mb        integer,
    video_memory_total_mb       integer,
    video_memory_per_session_mb integer,
    measured_at                 timestamptz,
    placed_seq                  bigint NOT NULL DEFAULT 0,
    CONSTRAINT wolf_capacities_pkey PRIMARY KEY (wolf_instance_id),
    CONSTRAINT wolf_capacities_instance FOREIGN KEY (wolf_instance_id) REFERENCES wolf_instances (id) ON DELETE CASCADE,
    CONSTRAINT wolf_capacities_counts CHECK (reserved >= 0 AND confirmed >= 0 AND foreign_lobbies >= 0 AND unseen >= 0)
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200)`;

const PLACEMENTS = `
  ALTER TABLE placements ADD COLUMN expires_at timestamptz, ADD COLUMN is_unseen boolean NOT NULL DEFAULT true;
  UPDATE placements SET expires_at = now() + interval '3 minutes' WHERE state = 'reserved';
  CREATE INDEX placements_expiring ON placements (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE placement_decisions (
    session_id  text NOT NULL,
    outcome     text NOT NULL,
    decision    jsonb NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT placement_decisions_pkey PRIMARY KEY (session_id),
    CONSTRAINT placement_decisions_outcome CHECK (outcome IN ('placed', 'refused', 'queued'))
  );
  CREATE INDEX placement_decisions_by_age ON placement_decisions (decided_at);
  CREATE TABLE placement_queue (
    session_id   text NOT NULL,
    seq          bigint NOT NULL DEFAULT nextval('placement_seq'),
    request      jsonb NOT NULL,
    enqueued_at  timestamptz NOT NULL DEFAULT now(),
    deadline_at  timestamptz NOT NULL,
    CONSTRAINT placement_queue_pkey PRIMARY KEY (session_id)
  );
  CREATE INDEX placement_queue_in_turn ON placement_queue (seq)`;

/** Of hosts that are gone too: who removed one is still told. */
const EVENTS = `
  CREATE TABLE wolf_instance_events (
    id                bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    wolf_instance_id  text NOT NULL,
    at                timestamptz NOT NULL DEFAULT now(),
    kind              text NOT NULL,
    message           text NOT NULL,
    details           jsonb NOT NULL DEFAULT '{}',
    actor             text,
    remote_address    text,
    CONSTRAINT wolf_instance_events_pkey PRIMARY KEY (id)
  );
  CREATE INDEX wolf_instance_events_by_instance ON wolf_instance_events (wolf_instance_id, id);
  CREATE INDEX wolf_instance_events_by_age ON wolf_instance_events (at)`;

/** One row for each disk and span of time, with the last that was told in it. */
const DISK_SAMPLES = `
  CREATE TABLE wolf_disk_samples (
    wolf_instance_id  text NOT NULL,
    mount_point       text NOT NULL,
    at                timestamptz NOT NULL,
    total_bytes       bigint NOT NULL,
    used_bytes        bigint NOT NULL,
    avail_bytes       bigint NOT NULL,
    used_percent      real NOT NULL,
    alert_level       text NOT NULL,
    CONSTRAINT wolf_disk_samples_pkey PRIMARY KEY (wolf_instance_id, at, mount_point),
    CONSTRAINT wolf_disk_samples_instance FOREIGN KEY (wolf_instance_id) REFERENCES wolf_instances (id) ON DELETE CASCADE
  );
  CREATE INDEX wolf_disk_samples_by_age ON wolf_disk_samples (at)`;

/** The copies that placement reads follow the facts in the same transaction, whoever changes those. */
const CAPACITY_OF_INSTANCE = `
  CREATE FUNCTION keep_wolf_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE held jsonb := CASE WHEN NEW.sway_version = '' THEN '{}'::jsonb
    ELSE jsonb_build_object('helix-sway', NEW.sway_version) END
    || coalesce((SELECT jsonb_object_agg('helix-' || key, value) FROM jsonb_each_text(NEW.desktop_versions)), '{}');
  BEGIN
    INSERT INTO wolf_capacities AS c (wolf_instance_id, rank, gpu_vendor, labels, images, max_sandboxes,
        encoder_sessions_max, video_memory_per_session_mb)
      VALUES (NEW.id, NEW.placement_rank, NEW.gpu_vendor, NEW.labels, held, NEW.max_sandboxes,
        NEW.encoder_sessions_max, NEW.video_memory_per_session_mb)
      ON CONFLICT (wolf_instance_id) DO UPDATE SET rank = excluded.rank, gpu_vendor = excluded.gpu_vendor,
        labels = excluded.labels, images = excluded.images, max_sandboxes = excluded.max_sandboxes,
        encoder_sessions_max = excluded.encoder_sessions_max,
        video_memory_per_session_mb = excluded.video_memory_per_session_mb;
    RETURN NULL;
  END $$`;
