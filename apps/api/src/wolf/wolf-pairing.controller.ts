import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { IsOptional, IsString, Matches } from 'class-validator';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { WolfInstanceQueryDto } from './wolf-hosts.js';
import { WolfPairing } from './wolf-pairing.service.js';

const SECRET = /^[\x21-\x7e]{1,200}$/;

/** A client that waits for its PIN, in Helix's keys (helix-rest §4.2); the last is ours. */
export class PendingPairingDto {
  @ApiProperty({ description: 'Its address' }) client_name!: string;
  @ApiProperty() uuid!: string;
  @ApiProperty() pair_secret!: string;
  @ApiProperty() client_ip!: string;
  @ApiProperty({ description: 'Always empty' }) pin!: string;
  @ApiProperty({ description: 'Always 0: Wolf does not tell' }) expires_at!: number;
  @ApiProperty() wolf_instance_id!: string;
}

export class CompletePairingDto {
  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @Matches(SECRET, { message: 'uuid must be that of a pending pairing' })
  uuid?: string;

  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @Matches(SECRET, { message: 'pair_secret must be that of a pending pairing' })
  pair_secret?: string;

  @ApiProperty({ example: '0419' })
  @Matches(/^[0-9]{4}$/, { message: 'pin must be four digits' })
  pin!: string;
}

export class PairingCompletedDto {
  @ApiProperty({ enum: [true] }) success!: boolean;
  @ApiProperty() message!: string;
}

/** Pairing of Moonlight clients. Without `wolf_instance_id`, as Helix's CLI asks, every host that can be reached is meant. */
@ApiTags('wolf')
@ApiBearerAuth()
@Controller('api/v1/wolf/pairing')
@Access('admin')
export class WolfPairingController {
  constructor(private readonly pairing: WolfPairing) {}

  @Get('pending')
  @ApiOperation({ summary: 'Clients that wait for their PIN' })
  @ApiOkResponse({
    type: [PendingPairingDto],
    headers: {
      'X-Wolf-Silent': { description: 'Instances that did not answer', schema: { type: 'string' } },
    },
  })
  async pending(
    @Query() query: WolfInstanceQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<readonly PendingPairingDto[]> {
    const found = await this.pairing.listPending(query.wolf_instance_id, whenCallerLeaves(response));
    if (found.silentIds.length > 0) response.setHeader('X-Wolf-Silent', found.silentIds.join(', '));
    return found.pairings.map(({ pairSecret, clientIp, wolfInstanceId }) => ({
      client_name: clientIp,
      uuid: pairSecret,
      pair_secret: pairSecret,
      client_ip: clientIp,
      pin: '',
      expires_at: 0,
      wolf_instance_id: wolfInstanceId,
    }));
  }

  @Post('complete')
  @HttpCode(200)
  @ApiOperation({ summary: 'Hand a PIN over; whether it was the right one shows on the client' })
  @ApiOkResponse({ type: PairingCompletedDto })
  async complete(
    @Query() query: WolfInstanceQueryDto,
    @Body() body: CompletePairingDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PairingCompletedDto> {
    const secret = body.pair_secret ?? body.uuid;
    if (secret === undefined) throw new ApiError('INVALID_REQUEST', 'uuid or pair_secret is required');
    await this.pairing.complete(query.wolf_instance_id, secret, body.pin, whenCallerLeaves(response));
    return { success: true, message: 'the PIN was handed over' };
  }
}
