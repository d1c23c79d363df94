import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { WolfInstanceQueryDto } from './wolf-instance-query.dto.js';
import { CompletePairingDto, PairingCompletedDto, PendingPairingDto } from './wolf-pairing.dto.js';
import { WolfPairing } from './wolf-pairing.service.js';

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
