import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The description of the REST interface, made from the controllers. `docs/openapi.json` is its committed copy. */
export function createOpenApiDocument(app: INestApplication, basePath: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Helix control plane')
    .setDescription('Sessions on GPU sandboxes that connect back. Errors are JSON: code, message, requestId.')
    .setVersion('1')
    .addBearerAuth();
  if (basePath !== '') config.addServer(basePath);
  return SwaggerModule.createDocument(app, config.build(), {
    operationIdFactory: (controller, method) => `${controller}.${method}`,
  });
}
