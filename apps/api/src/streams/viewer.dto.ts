import { ApiProperty } from '@nestjs/swagger';
import type { ViewerStatus } from '@helix/external-agent';

export class ViewerQualityDto {
  @ApiProperty() width!: number;
  @ApiProperty() height!: number;
  @ApiProperty() fps!: number;
  @ApiProperty({ description: 'What the viewer asked for, in kbit/s' }) bitrate_kbps!: number;
}

/** One who watches. */
export class ViewerDto {
  @ApiProperty({ example: '5f3c0a9b1d2e4f607182' }) id!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null for one who came by a share link' })
  user_id!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The share link that he came by' })
  share_id!: string | null;
  @ApiProperty({ enum: ['view', 'control'] }) role!: string;
  @ApiProperty({ description: 'Something keeps the input of one who may only watch from the desktop' })
  view_only_enforced!: boolean;
  @ApiProperty() since!: string;
  @ApiProperty({ enum: ['connecting', 'connected', 'unstable', 'reconnecting'] }) state!: string;
  @ApiProperty({ type: ViewerQualityDto, nullable: true }) quality!: ViewerQualityDto | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Between viewer and control plane, in milliseconds' })
  round_trip_ms!: number | null;
}

export class ViewersDto {
  @ApiProperty({ type: [ViewerDto] }) viewers!: ViewerDto[];
}

export function toViewerDto({ holder, settings, ...status }: ViewerStatus): ViewerDto {
  return {
    id: status.viewerId,
    user_id: holder.kind === 'user' ? holder.userId : null,
    share_id: holder.kind === 'share' ? holder.shareId : null,
    role: status.role,
    view_only_enforced: status.isViewOnlyEnforced,
    since: status.since.toISOString(),
    state: status.state,
    quality:
      settings === undefined
        ? null
        : {
            width: settings.width,
            height: settings.height,
            fps: settings.fps,
            bitrate_kbps: settings.bitrateKbps,
          },
    round_trip_ms: status.roundTripMs === undefined ? null : Math.round(status.roundTripMs * 10) / 10,
  };
}
