import type { DataSource } from 'typeorm';

/** As if the host had last been heard of this much earlier: a test of silence need not wait for it. */
export async function letTimePass(dataSource: DataSource, wolfInstanceId: string, ms: number): Promise<void> {
  await dataSource.query(
    `UPDATE wolf_instances SET last_seen_at = last_seen_at - $2::float8 * interval '1 millisecond' WHERE id = $1`,
    [wolfInstanceId, ms],
  );
}
