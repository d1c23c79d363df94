import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateScheduler1764000100000 implements MigrationInterface {
  readonly name = 'CreateScheduler1764000100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE wolf_instances (
        id                text NOT NULL,
        name              text NOT NULL,
        address           text NOT NULL,
        auto_registered   boolean NOT NULL DEFAULT false,
        gpu_vendor        text NOT NULL DEFAULT '',
        gpu_type          text NOT NULL DEFAULT '',
        render_node       text NOT NULL DEFAULT '',
        max_sandboxes     integer NOT NULL,
        sway_version      text NOT NULL DEFAULT '',
        desktop_versions  jsonb NOT NULL DEFAULT '{}',
        disk_usage        jsonb NOT NULL DEFAULT '[]',
        disk_alert_level  text NOT NULL DEFAULT '',
        last_seen_at      timestamptz NOT NULL DEFAULT now(),
        link_connected    boolean NOT NULL DEFAULT false,
        link_id           text,
        link_changed_at   timestamptz,
        created_at        timestamptz NOT NULL DEFAULT now(),
        updated_at        timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT wolf_instances_pkey PRIMARY KEY (id),
        CONSTRAINT wolf_instances_slots CHECK (max_sandboxes >= 0),
        CONSTRAINT wolf_instances_disk_alert CHECK (disk_alert_level IN ('', 'ok', 'warning', 'critical'))
      )`);
    await queryRunner.query(`
      CREATE TABLE placements (
        session_id        text NOT NULL,
        wolf_instance_id  text NOT NULL,
        state             text NOT NULL,
        reserved_at       timestamptz NOT NULL DEFAULT now(),
        confirmed_at      timestamptz,
        CONSTRAINT placements_pkey PRIMARY KEY (session_id),
        CONSTRAINT placements_wolf_instance FOREIGN KEY (wolf_instance_id)
          REFERENCES wolf_instances (id) ON DELETE RESTRICT,
        CONSTRAINT placements_state CHECK (state IN ('reserved', 'confirmed'))
      )`);
    await queryRunner.query('CREATE INDEX placements_by_instance ON placements (wolf_instance_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE placements');
    await queryRunner.query('DROP TABLE wolf_instances');
  }
}
