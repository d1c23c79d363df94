/**
 * Rises with every change of the text below; a test holds the two together. A process never replaces functions of a higher
 * version, so one of an older release that starts later leaves the newer rule in place.
 */
export const CAPACITY_FUNCTIONS_VERSION = 2;

/**
 * The rule of placement: which host a session may go to, which it goes to, and how slots are counted. It is in the database
 * because a placement is then one round trip and many placements are one transaction, and only here: what explains a decision
 * reads what these functions answer.
 *
 *   change_capacity          a list of operations in one transaction under one lock: place, confirm, release, expire, measure, …
 *   ├ serve_placement_queue  gives free slots to queued sessions, first come, first served
 *   ├ give_back              frees slots
 *   ├ place_in_queue         queues a session that found no host, or says how it stands
 *   └ reserve_slot           one placement: a host, its counters, the row, the record of why
 *     └ choose_host          the first host without an obstacle, in the order of the strategy; else what stands against each
 *       ├ judged_hosts       every host with what stands against it: obstacle_code is the rule
 *       └ describe_fleet     how many hosts have which obstacle, and those nearest to fitting
 *
 * Requests, options and answers are JSON, in the words of `capacity-operations.ts`. A process of the previous release may run
 * beside this one: `change_capacity` keeps understanding its operations and answering what it reads. `take_slot`, which that
 * release's `change_capacity` calls when it got the lock after these functions were replaced, stays as its migration made it.
 *
 * Functions in LANGUAGE sql without a sub-select are inlined into the statement that calls them: the indexes of
 * `wolf_capacities` serve their expressions, and a placement reads two rows whatever the size of the fleet.
 */
export const CAPACITY_FUNCTIONS = /* sql */ `
-- Slots that are taken, foreign lobbies among them, as the indexes have it.
CREATE OR REPLACE FUNCTION used_slots(c wolf_capacities) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT c.reserved + c.confirmed + c.foreign_lobbies $$;

-- The share of its slots that is taken, as the index wolf_capacities_by_load has it.
CREATE OR REPLACE FUNCTION slot_load(c wolf_capacities) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT (c.reserved + c.confirmed + c.foreign_lobbies)::float8 / greatest(c.max_sandboxes, 1) $$;

-- What a request and the policy come to, read once for all hosts. Absent: any host will do in this.
DROP TYPE IF EXISTS placement_question CASCADE;
CREATE TYPE placement_question AS (vendors text[], labels jsonb, image text, image_version text, heard_since timestamptz,
  encoders_max int, video_memory_mb int);

CREATE FUNCTION has_vendor(c wolf_capacities, q placement_question) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT q.vendors IS NULL OR c.gpu_vendor = ANY (q.vendors) $$;

CREATE FUNCTION has_labels(c wolf_capacities, q placement_question) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT q.labels IS NULL OR c.labels @> q.labels $$;

-- Encoders in use. A session without a viewer yet counts as well: it will have one.
CREATE OR REPLACE FUNCTION used_encoders(c wolf_capacities) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT greatest(coalesce(c.encoder_sessions, 0) + c.unseen, c.reserved + c.confirmed + c.foreign_lobbies) $$;

CREATE FUNCTION encoders_max(c wolf_capacities, q placement_question) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(c.encoder_sessions_max, q.encoders_max) $$;

-- Video memory, in MiB, that one more session lacks; NULL where it is not measured.
CREATE FUNCTION missing_video_memory(c wolf_capacities, q placement_question) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT (c.unseen + 1) * coalesce(c.video_memory_per_session_mb, q.video_memory_mb, 0)
    - (c.video_memory_total_mb - c.video_memory_used_mb) $$;

-- THE RULE: the first thing that stands against a host, in this order; NULL when it fits. Each code has its words in obstacle_of.
CREATE FUNCTION obstacle_code(c wolf_capacities, i wolf_instances, q placement_question) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN c.rank IS NULL AND (i.conditions @> '[{"effect":"offline"}]' OR i.conditions @> '[{"effect":"blocks"}]') THEN 'condition'
    -- Out of rotation without a condition: its facts have changed and its status has not followed yet.
    WHEN c.rank IS NULL OR NOT i.link_connected OR i.last_seen_at < q.heard_since THEN 'silent'
    WHEN NOT has_vendor(c, q) THEN 'gpu-vendor'
    WHEN NOT has_labels(c, q) THEN 'label'
    -- A host that does not tell of the image may have it.
    WHEN c.images->>q.image <> q.image_version THEN 'image'
    WHEN used_slots(c) >= c.max_sandboxes THEN 'slots'
    WHEN used_encoders(c) >= encoders_max(c, q) THEN 'encoders'
    WHEN missing_video_memory(c, q) > 0 THEN 'video-memory'
  END $$;

-- The obstacle of that code, and by how much: see Obstacle.
CREATE FUNCTION obstacle_of(p_code text, p_id text, q placement_question) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('code', p_code) || CASE p_code
    WHEN 'condition' THEN coalesce(jsonb_path_query_first(i.conditions, '$[*] ? (@.effect == "offline")'),
      jsonb_path_query_first(i.conditions, '$[*] ? (@.effect == "blocks")')) - 'effect'
    WHEN 'silent' THEN jsonb_build_object('forMs', round(extract(epoch FROM now() - i.last_seen_at) * 1000))
    WHEN 'gpu-vendor' THEN jsonb_build_object('has', c.gpu_vendor, 'wants', array_to_string(q.vendors, ' or '))
    WHEN 'label' THEN (SELECT jsonb_build_object('name', key, 'has', c.labels->key, 'wants', value)
      FROM jsonb_each(q.labels) WHERE c.labels->key IS DISTINCT FROM value LIMIT 1)
    WHEN 'image' THEN jsonb_build_object('name', q.image, 'has', c.images->>q.image, 'wants', q.image_version)
    WHEN 'slots' THEN jsonb_build_object('used', used_slots(c), 'max', c.max_sandboxes)
    WHEN 'encoders' THEN jsonb_build_object('used', used_encoders(c), 'max', encoders_max(c, q))
    WHEN 'video-memory' THEN jsonb_build_object('shortMb', missing_video_memory(c, q)) END
  FROM wolf_capacities c JOIN wolf_instances i ON i.id = c.wolf_instance_id WHERE c.wolf_instance_id = p_id $$;

-- Every host as the rule sees it. is_near: it lacks neither the GPU nor a label that was asked for.
CREATE FUNCTION judged_hosts(q placement_question) RETURNS TABLE (id text, rank smallint, used int, max int, load float8,
  placed_seq bigint, is_near boolean, is_offline boolean, code text) LANGUAGE sql STABLE AS $$
  SELECT c.wolf_instance_id, c.rank, used_slots(c), c.max_sandboxes, slot_load(c), c.placed_seq,
    has_vendor(c, q) AND has_labels(c, q), c.rank IS NULL AND i.conditions @> '[{"effect":"offline"}]', obstacle_code(c, i, q)
  FROM wolf_capacities c JOIN wolf_instances i ON i.id = c.wolf_instance_id $$;

-- The whole fleet, for what explains: see FleetSummary.
CREATE FUNCTION describe_fleet(q placement_question, p_strategy text, p_max_hosts int) RETURNS jsonb
LANGUAGE plpgsql STABLE SET enable_seqscan = on AS $$
BEGIN
  RETURN (WITH judged AS MATERIALIZED (SELECT * FROM judged_hosts(q)),
  nearest AS (
    SELECT row_number() OVER () AS place, n.* FROM (SELECT * FROM judged j ORDER BY
      CASE WHEN j.code IS NULL THEN 0 WHEN j.code IN ('slots', 'encoders', 'video-memory') THEN 1 WHEN j.code = 'image' THEN 2
        WHEN j.code = 'label' THEN 3 WHEN j.code = 'gpu-vendor' THEN 4 ELSE 5 END,
      coalesce(j.rank, 2), CASE p_strategy WHEN 'least-loaded' THEN j.load WHEN 'bin-pack' THEN -j.load END,
      CASE WHEN p_strategy = 'bin-pack' THEN -j.placed_seq ELSE j.placed_seq END,
      CASE WHEN p_strategy <> 'bin-pack' THEN j.id END COLLATE "C", j.id COLLATE "C" DESC LIMIT p_max_hosts) n
  )
  SELECT jsonb_build_object('at', now(),
    'hostCount', (SELECT count(*) FROM judged),
    'offlineCount', (SELECT count(*) FROM judged j WHERE j.is_offline OR j.code = 'silent'),
    'counts', (SELECT coalesce(jsonb_object_agg(c.code, c.n), '{}')
      FROM (SELECT j.code, count(*) AS n FROM judged j WHERE j.code IS NOT NULL GROUP BY j.code) c),
    'hosts', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'score', n.load, 'used', n.used, 'max', n.max,
      'obstacle', CASE WHEN n.code IS NOT NULL THEN obstacle_of(n.code, n.id, q) END) ORDER BY n.place), '[]') FROM nearest n)));
END $$;

-- host: the preferred one if it fits, else the first that fits, healthy before last choice, in the order of the strategy.
-- passed: those that did not fit on the way there. fleet: when no host fits or isExplained is set, and explainedHosts given.
-- STABLE: all of it sees the fleet at one moment, so a refusal and what it says of the hosts agree.
DROP FUNCTION IF EXISTS choose_host(jsonb, jsonb);
CREATE FUNCTION choose_host(p_request jsonb, p_options jsonb, OUT host jsonb, OUT considered int, OUT passed jsonb,
  OUT fleet jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
  q       placement_question := (
    -- One vendor, or a list of them.
    (SELECT array_agg(v) FROM jsonb_path_query(p_request, '$.gpuVendor[*]') j, LATERAL (SELECT j #>> '{}' AS v) t),
    p_request->'labels', p_request->>'imageName', p_request->>'imageVersion', now() - (p_options->>'silenceMs')::float8 * interval '1 millisecond', p_options->>'encoderSessionsMax',
    p_options->>'videoMemoryPerSessionMb');
  v_rank  smallint;
  v_hosts refcursor;
  h       record;
BEGIN
  considered := 0;
  passed := '[]';
  IF p_request ? 'preferredInstanceId' THEN
    SELECT * INTO h FROM judged_hosts(q) j WHERE j.id = p_request->>'preferredInstanceId';
    IF FOUND AND h.code IS NULL THEN
      considered := 1;
      host := jsonb_build_object('id', h.id, 'score', h.load, 'used', h.used, 'max', h.max, 'rank', h.rank, 'isPreferred', true);
    END IF;
  END IF;
  FOREACH v_rank IN ARRAY ARRAY[0, 1] LOOP
    EXIT WHEN host IS NOT NULL;
    IF p_options->>'strategy' = 'round-robin' THEN
      OPEN v_hosts FOR SELECT * FROM judged_hosts(q) j WHERE j.rank = v_rank AND j.used < j.max AND j.is_near
        ORDER BY j.placed_seq, j.id COLLATE "C";
    ELSIF p_options->>'strategy' = 'bin-pack' THEN
      OPEN v_hosts FOR SELECT * FROM judged_hosts(q) j WHERE j.rank = v_rank AND j.used < j.max AND j.is_near
        ORDER BY j.load DESC, j.placed_seq DESC, j.id COLLATE "C" DESC;
    ELSE
      OPEN v_hosts FOR SELECT * FROM judged_hosts(q) j WHERE j.rank = v_rank AND j.used < j.max AND j.is_near
        ORDER BY j.load, j.placed_seq, j.id COLLATE "C";
    END IF;
    LOOP
      FETCH v_hosts INTO h;
      EXIT WHEN NOT FOUND;
      considered := considered + 1;
      IF h.code IS NULL THEN
        host := jsonb_build_object('id', h.id, 'score', h.load, 'used', h.used, 'max', h.max, 'rank', h.rank);
        EXIT;
      END IF;
      IF considered <= (p_options->>'recordedHosts')::int THEN
        passed := passed || jsonb_build_object('id', h.id, 'obstacle', obstacle_of(h.code, h.id, q));
      END IF;
    END LOOP;
    CLOSE v_hosts;
  END LOOP;
  IF p_options ? 'explainedHosts' AND (host IS NULL OR (p_options->>'isExplained')::boolean) THEN
    fleet := describe_fleet(q, p_options->>'strategy', (p_options->>'explainedHosts')::int);
  END IF;
END $$;

-- No slot when no host fits; then nothing is changed. A host that was cordoned or filled a moment ago is not taken: another is chosen.
CREATE OR REPLACE FUNCTION reserve_slot(p_session_id text, p_request jsonb, p_options jsonb, OUT slot placements, OUT fleet jsonb)
LANGUAGE plpgsql AS $$
DECLARE v_choice record;
BEGIN
  FOR v_try IN 1..6 LOOP
    IF v_try = 6 THEN RAISE serialization_failure USING MESSAGE = 'hosts change too fast to choose one'; END IF;
    SELECT * INTO v_choice FROM choose_host(p_request, p_options);
    fleet := v_choice.fleet;
    IF v_choice.host IS NULL THEN RETURN; END IF;
    UPDATE wolf_capacities c SET reserved = c.reserved + 1, unseen = c.unseen + 1, placed_seq = nextval('placement_seq')
      WHERE c.wolf_instance_id = v_choice.host->>'id' AND c.rank IS NOT NULL AND used_slots(c) < c.max_sandboxes;
    EXIT WHEN FOUND;
  END LOOP;
  INSERT INTO placements (session_id, wolf_instance_id, state, expires_at)
    VALUES (p_session_id, v_choice.host->>'id', 'reserved',
      now() + (p_options->>'reserveMs')::float8 * interval '1 millisecond')
    RETURNING * INTO slot;
  INSERT INTO placement_decisions AS d (session_id, outcome, decision)
    VALUES (p_session_id, 'placed', jsonb_build_object('strategy', p_options->'strategy', 'chosen', v_choice.host,
      'consideredCount', v_choice.considered, 'passed', v_choice.passed))
    ON CONFLICT (session_id) DO UPDATE SET outcome = excluded.outcome, decision = excluded.decision, decided_at = now();
END $$;

-- Frees the slots of these sessions; the ids of those that held one. A wrong counter stops at 0 and does not keep the slot: the
-- next reconciliation reports and corrects it.
CREATE OR REPLACE FUNCTION give_back(p_session_ids text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
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
END $$;

-- Gives free slots to queued sessions. After one was refused, others with the same request are skipped; after so many different
-- requests in vain the rest waits for the next time, since each costs a walk along the fleet under the lock.
CREATE OR REPLACE FUNCTION serve_placement_queue(p_options jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  q         record;
  v_refused text[] := '{}';
  v_shape   text;
  v_taken   record;
BEGIN
  FOR q IN SELECT * FROM placement_queue WHERE deadline_at > now() ORDER BY seq LOOP
    v_shape := (q.request - 'preferredInstanceId')::text;
    CONTINUE WHEN v_shape = ANY (v_refused);
    SELECT (r.slot).session_id INTO v_taken FROM reserve_slot(q.session_id, q.request, p_options - 'explainedHosts') r;
    IF v_taken.session_id IS NULL THEN
      v_refused := v_refused || v_shape;
      EXIT WHEN cardinality(v_refused) >= (p_options->>'queueShapes')::int;
    ELSE
      DELETE FROM placement_queue WHERE session_id = q.session_id;
      PERFORM pg_notify('helix_placements', q.session_id);
    END IF;
  END LOOP;
END $$;

-- Queues a session that is willing to wait; one that waits already keeps its place. A session whose deadline has passed leaves.
CREATE OR REPLACE FUNCTION place_in_queue(p_session_id text, p_request jsonb, p_queue_ms float8, p_max int) RETURNS jsonb
LANGUAGE plpgsql AS $$
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
END $$;

-- Does the operations in one transaction that alone may change capacity; a row for each, with its place in the list and its result.
CREATE OR REPLACE FUNCTION change_capacity(p_operations jsonb, p_options jsonb) RETURNS TABLE (place int, result jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  o         record;
  v_ask     jsonb;
  v_id      text;
  v_row     placements;
  v_taken   record;
  v_was     wolf_capacities;
  v_is      record;
  v_request jsonb;
  v_shape   text;
  v_refused jsonb := '{}'; -- what was said of the fleet, by the request that was refused
  v_served  boolean := false;
BEGIN
  -- Each statement finds its rows by an index, whatever the fleet's size was when it was planned, and is planned once.
  PERFORM set_config('lock_timeout', p_options->>'lockMs', true), set_config('enable_seqscan', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true);
  PERFORM pg_advisory_xact_lock((p_options->>'lockKey')::bigint);
  -- What frees slots comes first, then queued sessions, then new ones.
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
        IF v_refused ? v_shape THEN v_row := NULL;
        ELSE
          SELECT * INTO v_taken FROM reserve_slot(v_id, v_request, p_options);
          v_row := v_taken.slot;
        END IF;
      END IF;
      IF v_row.session_id IS NOT NULL THEN
        DELETE FROM placement_queue q WHERE q.session_id = v_id;
        result := jsonb_build_object('placed', v_row);
      ELSE
        IF NOT v_refused ? v_shape THEN v_refused := v_refused || jsonb_build_object(v_shape, v_taken.fleet); END IF;
        result := place_in_queue(v_id, v_request, (v_ask->>'queueMs')::float8, (p_options->>'queueMax')::int)
          || jsonb_build_object('fleet', v_refused->v_shape);
      END IF;
    END CASE;
    RETURN NEXT;
  END LOOP;
  IF NOT v_served THEN PERFORM serve_placement_queue(p_options); END IF;
END $$;

-- Trigger of wolf_instances: the copies that placement reads follow the facts in the same transaction.
CREATE OR REPLACE FUNCTION keep_wolf_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_images jsonb := CASE WHEN NEW.sway_version = '' THEN '{}'::jsonb
    ELSE jsonb_build_object('helix-sway', NEW.sway_version) END
  || coalesce((SELECT jsonb_object_agg('helix-' || key, value) FROM jsonb_each_text(NEW.desktop_versions)), '{}');
BEGIN
  INSERT INTO wolf_capacities AS c (wolf_instance_id, rank, gpu_vendor, labels, images, max_sandboxes,
      encoder_sessions_max, video_memory_per_session_mb)
    VALUES (NEW.id, NEW.placement_rank, NEW.gpu_vendor, NEW.labels, v_images, NEW.max_sandboxes,
      NEW.encoder_sessions_max, NEW.video_memory_per_session_mb)
    ON CONFLICT (wolf_instance_id) DO UPDATE SET rank = excluded.rank, gpu_vendor = excluded.gpu_vendor,
      labels = excluded.labels, images = excluded.images, max_sandboxes = excluded.max_sandboxes,
      encoder_sessions_max = excluded.encoder_sessions_max,
      video_memory_per_session_mb = excluded.video_memory_per_session_mb;
  RETURN NULL;
END $$;
`;
