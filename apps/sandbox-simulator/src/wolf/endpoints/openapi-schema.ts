import type { WolfEndpoint } from '../endpoint.js';
import type { WolfEra } from '../wolf-era.js';
import type { WolfReply } from '../wolf-reply.js';

/**
 * The schema document, in small: the paths of the era and the required fields of their bodies, which together are the
 * only sign of Wolf's age (wolf-api §0.2, §3.8).
 */
export function schemaReply(endpoints: readonly WolfEndpoint[], era: WolfEra): WolfReply {
  const bodies = endpoints.flatMap((endpoint) => endpoint.bodySchema(era) ?? []);
  const schemas: Record<string, object> = Object.fromEntries(bodies.map(({ name, schema }) => [name, schema]));
  const videoSettings = nestedSchema(schemas['wolf__api__CreateLobbyRequest'], 'video_settings');
  const document = {
    openapi: '3.1.0',
    info: { title: 'Wolf API', version: '0.1' },
    paths: Object.fromEntries(
      endpoints.map((endpoint) => {
        const body = endpoint.bodySchema(era);
        return [
          endpoint.path,
          {
            [endpoint.method.toLowerCase()]: {
              ...(body !== undefined && {
                requestBody: { content: { 'application/json': { schema: reference(body.name) } } },
              }),
              responses: { 200: { description: 'OK' } },
            },
          },
        ];
      }),
    ),
    components: {
      schemas: { ...schemas, ...(videoSettings !== undefined && { wolf__core__events__VideoSettings: videoSettings }) },
    },
  };
  return { kind: 'body', status: 200, body: JSON.stringify(document) };
}

function reference(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

/** Wolf's document names each struct apart. */
function nestedSchema(schema: object | undefined, member: string): unknown {
  if (schema === undefined || !('properties' in schema)) return undefined;
  const { properties } = schema;
  if (typeof properties !== 'object' || properties === null) return undefined;
  return new Map(Object.entries(properties)).get(member);
}
