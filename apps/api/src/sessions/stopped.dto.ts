import { HttpStatus } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { SessionEntity } from '@helix/external-agent';
import type { Response } from 'express';

export class StoppedDto {
  @ApiProperty() message!: string;
  @ApiProperty() session_id!: string;
}

/** Says `done` with 200 when no desktop is left, and with 202 that it is still on its way out. */
export function answerStop(session: SessionEntity, response: Response, done: string, underWay: string): StoppedDto {
  const isOver = session.state === 'stopped' || session.state === 'failed';
  response.status(isOver ? HttpStatus.OK : HttpStatus.ACCEPTED);
  return { message: isOver ? done : underWay, session_id: session.id };
}
