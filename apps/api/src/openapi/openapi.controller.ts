import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';
import { Access } from '../auth/access.decorator.js';
import { ApiError } from '../errors/api-error.js';

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
export class OpenApiController {
  constructor(@Inject(OpenApiDocument) private readonly document: OpenApiDocument) {}

  @Get()
  @Access('public')
  read(): OpenAPIObject {
    return this.document.get();
  }
}
