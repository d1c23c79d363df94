import { Controller, Delete, HttpCode, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { parseWolfLobbyId, parseWolfU64, WolfClientFactory } from '@helix/wolf-client';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { WolfHosts, WolfInstanceQueryDto } from '../wolf/wolf-hosts.js';
import { WolfReports } from '../wolf/wolf-reports.js';
import { LobbyRemoval } from './lobby-removal.js';

/** What an admin may end on a host. */
@ApiTags('agent sandboxes')
@ApiBearerAuth()
@Controller('api/v1/admin/wolf')
@Access('admin')
export class WolfRemovalController {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly lobbies: LobbyRemoval,
    private readonly clients: WolfClientFactory,
    private readonly reports: WolfReports,
  ) {}

  @Delete('lobbies/:id')
  @HttpCode(200)
  @ApiParam({ name: 'id', description: "Wolf's id of the lobby" })
  @ApiOperation({ summary: "Stop a lobby; a session's desktop is stopped as its owner would" })
  @ApiOkResponse({ description: 'No body' })
  async removeLobby(@Param('id') id: string, @Query() query: WolfInstanceQueryDto): Promise<void> {
    const lobbyId = parseWolfLobbyId(id);
    if (lobbyId === undefined) throw new ApiError('INVALID_REQUEST', 'a lobby is named by its UUID');
    await this.lobbies.remove(await this.hosts.named(query.wolf_instance_id), lobbyId);
  }

  @Delete('sessions/:id')
  @HttpCode(200)
  @ApiParam({ name: 'id', description: "Wolf's id of the stream" })
  @ApiOperation({ summary: 'End a stream; one that is gone already is a success' })
  @ApiOkResponse({ description: 'No body' })
  async removeSession(@Param('id') id: string, @Query() query: WolfInstanceQueryDto): Promise<void> {
    const streamId = parseWolfU64(id);
    if (streamId === undefined) throw new ApiError('INVALID_REQUEST', "a stream is named by Wolf's decimal id");
    const wolfInstanceId = await this.hosts.named(query.wolf_instance_id);
    await this.clients.for(wolfInstanceId).stopSession(streamId);
    this.reports.forgetLists(wolfInstanceId);
  }
}
