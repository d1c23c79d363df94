import type { MigrationInterface, QueryRunner } from 'typeorm';

import { CAPACITY_FUNCTIONS } from '../capacity/functions.sql.js';
import { CapacityFunctions1764004000001 } from './1764004000001-capacity-functions.js';

/** Which functions of `capacity/functions.sql.ts` are in the database: they change at start and not by migrations. */
export class CapacityFunctionsVersion1764006000000 implements MigrationInterface {
  readonly name = 'CapacityFunctionsVersion1764006000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE capacity_functions (
        is_only    boolean NOT NULL DEFAULT true,
        version    integer NOT NULL,
        checksum   text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT capacity_functions_pkey PRIMARY KEY (is_only),
        CONSTRAINT capacity_functions_only CHECK (is_only)
      )`);
  }

  /** Back to the functions of the migration before; the trigger's is the same in both. */
  async down(queryRunner: QueryRunner): Promise<void> {
    const before = new CapacityFunctions1764004000001();
    await before.down(queryRunner);
    for (const [, name = ''] of CAPACITY_FUNCTIONS.matchAll(/^CREATE (?:OR REPLACE )?FUNCTION (\w+)/gm)) {
      if (name !== 'keep_wolf_capacity') await queryRunner.query(`DROP FUNCTION IF EXISTS ${name}`);
    }
    await queryRunner.query('DROP TYPE IF EXISTS placement_question');
    await before.up(queryRunner);
    await queryRunner.query('DROP TABLE capacity_functions');
  }
}
