import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where capacity is counted and given away: `change_capacity` does a list of operations in one transaction under one lock, so
 * that a count and the rows which it counts never part, and which host is the least loaded is known while it is chosen.
 * They are in the database because a placement is then one round trip, and many placements are one transaction.
 *
 *   change_capacity   the list: place, confirm, release, expire, measure, reconcile, serve
 *   ├ serve_placement_queue   who waits, in the order in which they came
 *   ├ give_back               slots that are free again
 *   ├ place_in_queue          who found no host and is willing to wait
 *   └ take_slot               one placement: a host, its counters, the row, the record of why
 *     └ choose_host           walks the hosts in the order of the strategy and takes the first that nothing speaks against
 *
 * Each works on what is asked of it as JSON, in the words of `PlacementRequest`.
 */
export class CapacityFunctions1764004000001 implements MigrationInterface {
  readonly name = 'CapacityFunctions1764004000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of [
      'change_capacity',
      'place_in_queue',
      'serve_placement_queue',
      'give_back',
      'take_slot',
      'choose_host',
    ]) {
      await queryRunner.query(`DROP FUNCTION ${name}`);
    }
  }
}

const USED = 'c.reserved + c.confirmed + c.foreign_lobbies';
/** As the index `wolf_capacities_by_load` has it. */
const LOAD = '((c.reserved + c.confirmed + c.foreign_lobbies)::float8 / greatest(c.max_sandboxes, 1))';
const ENCODERS = `greatest(coalesce(c.encoder_sessions, 0) + c.unseen, ${USED})`;
const ENCODERS_MAX = `coalesce(c.encoder_sessions_max, v_encoders)`;
const MEMORY_EACH = `coalesce(c.video_memory_per_session_mb, v_memory, 0)`;
const MEMORY_SHORT = `(c.unseen + 1) * ${MEMORY_EACH} - (c.video_memory_total_mb - c.video_memory_used_mb)`;

/** The first thing that speaks against a host which is in rotation, has a free slot, and is of the GPU and labels asked for. */
const OBSTACLE = `CASE
  WHEN NOT i.link_connected OR i.last_seen_at < v_heard_since
    THEN jsonb_build_object('code', 'silent', 'forMs', round(extract(epoch FROM now() - i.last_seen_at) * 1000))
  WHEN c.images->>v_image <> v_version
    THEN jsonb_build_object('code', 'image', 'name', v_image, 'has', c.images->>v_image, 'wants', v_version)
  WHEN ${ENCODERS} >= ${ENCODERS_MAX}
    THEN jsonb_build_object('code', 'encoders', 'used', ${ENCODERS}, 'max', ${ENCODERS_MAX})
  WHEN ${MEMORY_SHORT} > 0 THEN jsonb_build_object('code', 'video-memory', 'shortMb', ${MEMORY_SHORT}) END`;

const CANDIDATES = `SELECT c.wolf_instance_id AS id, ${USED} AS used, c.max_sandboxes AS max, ${LOAD} AS load, c.rank, ${OBSTACLE} AS obstacle
  FROM wolf_capacities c JOIN wolf_instances i ON i.id = c.wolf_instance_id
  WHERE ${USED} < c.max_sandboxes AND (v_vendor = '' OR c.gpu_vendor = v_vendor) AND (v_labels = '{}' OR c.labels @> v_labels)`;

const CHOOSE_HOST = `
CREATE FUNCTION choose_host(p_request jsonb, p_options jsonb, OUT host jsonb, OUT considered int, OUT passed jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_vendor  text := coalesce(p_request->>'gpuVendor', '');
  v_labels  jsonb := coalesce(p_request->'labels', '{}');
  v_image   text := p_request->>'imageName';
  v_version text := p_request->>'imageVersion';
  v_strategy text := p_options->>'strategy';
  v_encoders int := (p_options->>'encoderSessionsMax')::int;
  v_memory  int := (p_options->>'videoMemoryPerSessionMb')::int;
  v_heard_since timestamptz := now() - (p_options->>'silenceMs')::float8 * interval '1 millisecond';
  v_rank    smallint;
  v_hosts   refcursor;
  h         record;
BEGIN
  considered := 0;
  passed := '[]';
  IF p_request ? 'preferredInstanceId' THEN
    FOR h IN ${CANDIDATES} AND c.wolf_instance_id = p_request->>'preferredInstanceId' AND c.rank IS NOT NULL LOOP
      IF h.obstacle IS NULL THEN
        considered := 1;
        host := jsonb_build_object('id', h.id, 'score', h.load, 'used', h.used, 'max', h.max, 'rank', h.rank, 'isPreferred', true);
        RETURN;
      END IF;
    END LOOP;
  END IF;
  FOREACH v_rank IN ARRAY ARRAY[0, 1] LOOP
    IF v_strategy = 'round-robin' THEN
      OPEN v_hosts FOR ${CANDIDATES} AND c.rank = v_rank ORDER BY c.placed_seq, c.wolf_instance_id COLLATE "C";
    ELSIF v_strategy = 'bin-pack' THEN
      OPEN v_hosts FOR ${CANDIDATES} AND c.rank = v_rank
        ORDER BY ${LOAD} DESC, c.placed_seq DESC, c.wolf_instance_id COLLATE "C" DESC;
    ELSE
      OPEN v_hosts FOR ${CANDIDATES} AND c.rank = v_rank ORDER BY ${LOAD}, c.placed_seq, c.wolf_instance_id COLLATE "C";
    END IF;
    LOOP
      FETCH v_hosts INTO h;
      EXIT WHEN NOT FOUND;
      considered := considered + 1;
      IF h.obstacle IS NULL THEN
        CLOSE v_hosts;
        host := jsonb_build_object('id', h.id, 'score', h.load, 'used', h.used, 'max', h.max, 'rank', h.rank);
        RETURN;
      END IF;
      IF considered <= (p_options->>'recordedHosts')::int THEN
        passed := passed || jsonb_build_object('id', h.id, 'obstacle', h.obstacle);
      END IF;
    END LOOP;
    CLOSE v_hosts;
  END LOOP;
END $$`;

/** NULL when no host fits; then nothing is changed. A host that was cordoned or filled a moment ago is not taken: another is chosen. */
const TAKE_SLOT = `
CREATE FUNCTION take_slot(p_session_id text, p_request jsonb, p_options jsonb) RETURNS placements LANGUAGE plpgsql AS $$
DECLARE
  v_choice record;
  v_taken  placements;
BEGIN
  FOR v_try IN 1..5 LOOP
    SELECT * INTO v_choice FROM choose_host(p_request, p_options);
    IF v_choice.host IS NULL THEN RETURN NULL; END IF;
    UPDATE wolf_capacities c SET reserved = c.reserved + 1, unseen = c.unseen + 1, placed_seq = nextval('placement_seq')
      WHERE c.wolf_instance_id = v_choice.host->>'id' AND c.rank IS NOT NULL AND ${USED} < c.max_sandboxes;
    EXIT WHEN FOUND;
    IF v_try = 5 THEN RETURN NULL; END IF;
  END LOOP;
  INSERT INTO placements (session_id, wolf_instance_id, state, expires_at)
    VALUES (p_session_id, v_choice.host->>'id', 'reserved',
      now() + (p_options->>'reserveMs')::float8 * interval '1 millisecond')
    RETURNING * INTO v_taken;
  INSERT INTO placement_decisions AS d (session_id, outcome, decision)
    VALUES (p_session_id, 'placed', jsonb_build_object('strategy', p_options->'strategy', 'chosen', v_choice.host,
      'consideredCount', v_choice.considered, 'passed', v_choice.passed))
    ON CONFLICT (session_id) DO UPDATE SET outcome = excluded.outcome, decision = excluded.decision, decided_at = now();
  RETURN v_taken;
END $$`;

/**
 * Frees the slots of these sessions; the ids of those that held one. Counters that somebody has spoilt stop at nothing and do not
 * keep the slot: the next reconciliation tells of them and mends them.
 */
const GIVE_BACK = `
CREATE FUNCTION give_back(p_session_ids text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_id     text;
  v_row    placements;
  v_result jsonb := '[]';
BEGIN
  FOREACH v_id IN ARRAY p_session_ids LOOP
    DELETE FROM placements p WHERE p.session_id = v_id RETURNING * INTO v_row;
    CONTINUE WHEN NOT FOUND;
    UPDATE wolf_capacities c SET
        reserved = greatest(c.reserved - (v_row.state = 'reserved')::int, 0),
        confirmed = greatest(c.confirmed - (v_row.state = 'confirmed')::int, 0),
        unseen = greatest(c.unseen - v_row.is_unseen::int, 0)
      WHERE c.wolf_instance_id = v_row.wolf_instance_id;
    v_result := v_result || to_jsonb(v_id);
  END LOOP;
  RETURN v_result;
END $$`;

/**
 * Gives free slots to those who wait. What one was refused, another who asks for the same is not looked for again; and after so
 * many different wishes in vain the others wait for the next time, since each costs a walk along the fleet under the lock.
 */
const SERVE_QUEUE = `
CREATE FUNCTION serve_placement_queue(p_options jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  q         record;
  v_refused text[] := '{}';
  v_shape   text;
  v_taken   placements;
BEGIN
  FOR q IN SELECT * FROM placement_queue WHERE deadline_at > now() ORDER BY seq LOOP
    v_shape := (q.request - 'preferredInstanceId')::text;
    CONTINUE WHEN v_shape = ANY (v_refused);
    v_taken := take_slot(q.session_id, q.request, p_options);
    IF v_taken.session_id IS NULL THEN
      v_refused := v_refused || v_shape;
      EXIT WHEN cardinality(v_refused) >= (p_options->>'queueShapes')::int;
    ELSE
      DELETE FROM placement_queue WHERE session_id = q.session_id;
      PERFORM pg_notify('helix_placements', q.session_id);
    END IF;
  END LOOP;
END $$`;

/** Who found no host and is willing to wait. One whose time is over leaves the queue with that. */
const PLACE_IN_QUEUE = `
CREATE FUNCTION place_in_queue(p_session_id text, p_request jsonb, p_queue_ms float8, p_max int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE q placement_queue;
BEGIN
  SELECT * INTO q FROM placement_queue w WHERE w.session_id = p_session_id;
  IF FOUND AND q.deadline_at <= now() THEN
    DELETE FROM placement_queue w WHERE w.session_id = p_session_id;
    RETURN '{"refused":"queue-timeout"}';
  END IF;
  IF q.session_id IS NULL THEN
    IF coalesce(p_queue_ms, 0) <= 0 THEN RETURN '{"refused":"no-host"}'; END IF;
    IF (SELECT count(*) FROM placement_queue) >= p_max THEN RETURN '{"refused":"queue-full"}'; END IF;
    INSERT INTO placement_queue (session_id, request, deadline_at)
      VALUES (p_session_id, p_request, now() + p_queue_ms * interval '1 millisecond') RETURNING * INTO q;
  END IF;
  RETURN jsonb_build_object('queued', jsonb_build_object('deadlineAt', q.deadline_at,
    'position', (SELECT count(*) FROM placement_queue w WHERE w.seq <= q.seq)));
END $$`;

const CHANGE_CAPACITY = `
CREATE FUNCTION change_capacity(p_operations jsonb, p_options jsonb) RETURNS TABLE (place int, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  o         record;
  v_ask     jsonb;
  v_id      text;
  v_row     placements;
  v_was     wolf_capacities;
  v_is      record;
  v_request jsonb;
  v_shape   text;
  v_refused text[] := '{}';
  v_served  boolean := false;
BEGIN
  -- Each statement finds its rows by an index, whatever the fleet's size was when it was planned, and is planned once.
  PERFORM set_config('lock_timeout', p_options->>'lockMs', true), set_config('enable_seqscan', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true);
  PERFORM pg_advisory_xact_lock((p_options->>'lockKey')::bigint);
  -- What frees slots comes first, then those who wait for one, then those who come now.
  FOR o IN SELECT ordinality::int - 1 AS at, value AS ask FROM jsonb_array_elements(p_operations) WITH ORDINALITY
      ORDER BY (value->>'do' = 'place'), ordinality LOOP
    v_ask := o.ask;
    v_id := v_ask->>'id';
    place := o.at;
    result := 'null';
    CASE v_ask->>'do'
    WHEN 'confirm' THEN
      UPDATE placements p SET state = 'confirmed', confirmed_at = now(), expires_at = NULL
        WHERE p.session_id = v_id AND p.state = 'reserved' RETURNING * INTO v_row;
      IF FOUND THEN
        UPDATE wolf_capacities c SET reserved = greatest(c.reserved - 1, 0), confirmed = c.confirmed + 1
          WHERE c.wolf_instance_id = v_row.wolf_instance_id;
        result := 'true';
      ELSE
        result := to_jsonb(EXISTS (SELECT FROM placements p WHERE p.session_id = v_id));
      END IF;
    WHEN 'release' THEN
      DELETE FROM placement_queue q WHERE q.session_id = v_id;
      result := give_back(ARRAY[v_id]);
    WHEN 'expire' THEN
      result := give_back(ARRAY(SELECT p.session_id FROM placements p WHERE p.expires_at < now() ORDER BY p.expires_at
        LIMIT (v_ask->>'limit')::int));
    WHEN 'measure' THEN
      UPDATE placements p SET is_unseen = false WHERE p.wolf_instance_id = v_id AND p.is_unseen AND p.state = 'confirmed'
        AND p.confirmed_at < (v_ask->>'sampledAt')::timestamptz - (p_options->>'unseenMs')::float8 * interval '1 millisecond';
      UPDATE wolf_capacities c SET
          encoder_sessions = (v_ask->>'encoderSessions')::int,
          video_memory_used_mb = (v_ask->>'videoMemoryUsedMb')::int,
          video_memory_total_mb = (v_ask->>'videoMemoryTotalMb')::int,
          measured_at = (v_ask->>'sampledAt')::timestamptz,
          unseen = (SELECT count(*) FROM placements p WHERE p.wolf_instance_id = v_id AND p.is_unseen)
        WHERE c.wolf_instance_id = v_id;
    WHEN 'reconcile' THEN
      SELECT * INTO v_was FROM wolf_capacities c WHERE c.wolf_instance_id = v_id FOR NO KEY UPDATE;
      IF FOUND THEN
        SELECT (count(*) FILTER (WHERE p.state = 'reserved'))::int AS reserved,
            (count(*) FILTER (WHERE p.state = 'confirmed'))::int AS confirmed,
            (count(*) FILTER (WHERE p.is_unseen))::int AS unseen
          INTO v_is FROM placements p WHERE p.wolf_instance_id = v_id;
        IF (v_was.reserved, v_was.confirmed, v_was.unseen, v_was.foreign_lobbies)
            IS DISTINCT FROM (v_is.reserved, v_is.confirmed, v_is.unseen, (v_ask->>'foreignLobbyCount')::int) THEN
          UPDATE wolf_capacities c SET reserved = v_is.reserved, confirmed = v_is.confirmed, unseen = v_is.unseen,
              foreign_lobbies = (v_ask->>'foreignLobbyCount')::int
            WHERE c.wolf_instance_id = v_id;
          result := jsonb_build_object(
            'was', jsonb_build_object('reserved', v_was.reserved, 'confirmed', v_was.confirmed, 'foreign', v_was.foreign_lobbies),
            'is', jsonb_build_object('reserved', v_is.reserved, 'confirmed', v_is.confirmed,
              'foreign', (v_ask->>'foreignLobbyCount')::int));
        END IF;
      END IF;
    WHEN 'serve' THEN NULL;
    WHEN 'place' THEN
      IF NOT v_served THEN
        PERFORM serve_placement_queue(p_options);
        v_served := true;
      END IF;
      UPDATE placements p SET expires_at = CASE p.state WHEN 'reserved'
          THEN now() + (p_options->>'reserveMs')::float8 * interval '1 millisecond' END
        WHERE p.session_id = v_id RETURNING * INTO v_row;
      IF NOT FOUND THEN
        v_request := v_ask->'request';
        v_shape := (v_request - 'preferredInstanceId')::text;
        IF v_shape = ANY (v_refused) THEN v_row := NULL;
        ELSE v_row := take_slot(v_id, v_request, p_options);
        END IF;
      END IF;
      IF v_row.session_id IS NOT NULL THEN
        DELETE FROM placement_queue q WHERE q.session_id = v_id;
        result := jsonb_build_object('placed', v_row);
      ELSE
        v_refused := v_refused || v_shape;
        result := place_in_queue(v_id, v_request, (v_ask->>'queueMs')::float8, (p_options->>'queueMax')::int);
      END IF;
    END CASE;
    RETURN NEXT;
  END LOOP;
  IF NOT v_served THEN PERFORM serve_placement_queue(p_options); END IF;
END $$`;

const STATEMENTS = [CHOOSE_HOST, TAKE_SLOT, GIVE_BACK, SERVE_QUEUE, PLACE_IN_QUEUE, CHANGE_CAPACITY];
