import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { RunnerHttpPool } from '@helix/revdial';
import { ByteBudget } from '../desktop/byte-budget.js';
import { ExecService } from '../exec/exec.service.js';
import type { ExternalAgentLogger } from '../external-agent-logger.js';
import { DesktopHealthService } from '../health/desktop-health.service.js';
import { LogService } from '../logs/log.service.js';
import { SessionDirectory } from '../session/session-directory.js';
import { UploadService } from '../upload/upload.service.js';

/** What passes through the tunnel to a desktop's own service, beside pictures and the clipboard. */
export const DESKTOP_SERVICES = [UploadService, ExecService, LogService, DesktopHealthService];

/** `options` is the token under which the module's options are injected. */
export function desktopServiceProviders(options: InjectionToken): FactoryProvider[] {
  return [
    {
      provide: UploadService,
      inject: [RunnerHttpPool, SessionDirectory],
      useFactory: (http: RunnerHttpPool, directory: SessionDirectory) => new UploadService(http, directory),
    },
    {
      provide: ExecService,
      inject: [RunnerHttpPool, SessionDirectory, ByteBudget, options],
      useFactory: (
        http: RunnerHttpPool,
        directory: SessionDirectory,
        budget: ByteBudget,
        { execEnabled, logger }: { readonly execEnabled: boolean; readonly logger: ExternalAgentLogger },
      ) => new ExecService(http, directory, budget, { isEnabled: execEnabled, logger }),
    },
    {
      provide: LogService,
      inject: [RunnerHttpPool, SessionDirectory, ByteBudget],
      useFactory: (http: RunnerHttpPool, directory: SessionDirectory, budget: ByteBudget) =>
        new LogService(http, directory, budget),
    },
    {
      provide: DesktopHealthService,
      inject: [RunnerHttpPool],
      useFactory: (http: RunnerHttpPool) => new DesktopHealthService(http),
    },
  ];
}
