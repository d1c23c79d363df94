import { Controller, Get, Injectable, Module, type INestApplication } from '@nestjs/common';
import { ApiExcludeController, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';

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

/** Holds the document once the routes are known. */
@Injectable()
export class OpenApiDocument {
  private document: OpenAPIObject | undefined;

  set(document: OpenAPIObject): void {
    this.document = document;
  }

  get(): OpenAPIObject {
    if (this.document === undefined) throw new ApiError('NOT_READY', 'the replica is starting');
    return this.document;
  }
}

@ApiExcludeController()
@Controller('api/v1/openapi.json')
class OpenApiController {
  constructor(private readonly document: OpenApiDocument) {}

  @Get()
  @Access('public')
  read(): OpenAPIObject {
    return this.document.get();
  }
}

@Module({ controllers: [OpenApiController], providers: [OpenApiDocument] })
export class OpenApiModule {}
