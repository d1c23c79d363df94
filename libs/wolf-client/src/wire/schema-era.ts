import { z } from 'zod';
import type { WolfEra } from '../wolf-client.js';

const schema = z.object({ required: z.array(z.string()).optional() });

/** The part of `GET /openapi-schema` that tells builds apart. */
export const schemaDocument = z.object({
  paths: z.record(z.string(), z.unknown()),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

/**
 * The age of the API by its paths and required fields, which is the only version signal that Wolf gives (wolf-api §0.2).
 * Schemas are found by the end of their name: what stands before is the name space, and was moved before.
 */
export function eraOfSchema({ paths, components }: z.infer<typeof schemaDocument>): WolfEra {
  const requires = (schemaName: string, field: string): boolean =>
    Object.entries(components.schemas).some(
      ([name, value]) => name.endsWith(schemaName) && schema.safeParse(value).data?.required?.includes(field) === true,
    );
  if (!('/api/v1/lobbies' in paths)) return 'u24';
  if (requires('VideoSettings', 'video_source_mode')) return 'jan26-required-mode';
  if ('/api/v1/sessions/configure' in paths) return 'jan26';
  return requires('LeaveLobbyEvent', 'skip_producer_switch') ? 'dec25' : 'nov25';
}
