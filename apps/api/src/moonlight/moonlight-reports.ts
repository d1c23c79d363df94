import { Injectable } from '@nestjs/common';
import { MoonlightStatus, type MoonlightStatusReport } from '@helix/external-agent';
import { API_LIMITS } from '../limits.js';
import { SharedAnswers } from '../wolf/shared-answers.js';

/** What pages ask of each host's Moonlight Web, over and over: it is asked once for all of them. */
@Injectable()
export class MoonlightReports {
  readonly status: SharedAnswers<MoonlightStatusReport>;

  constructor(status: MoonlightStatus) {
    this.status = new SharedAnswers(API_LIMITS.moonlightStatusFreshMs, (wolfInstanceId, signal) =>
      status.read(wolfInstanceId, signal),
    );
  }
}
