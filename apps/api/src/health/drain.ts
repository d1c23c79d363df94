import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ApiError } from '../errors/api-error.js';

/** Answered while closing, so that load balancers and monitors see it close. */
const ALWAYS_SERVED = new Set(['/healthz', '/readyz', '/metrics']);

/** Counts requests under way, so that a closing replica can finish them, and says whether it is closing. */
@Injectable()
export class Drain {
  private draining = false;
  private underWay = 0;
  private readonly listeners: (() => void)[] = [];
  private readonly idleWaiters: (() => void)[] = [];

  get isDraining(): boolean {
    return this.draining;
  }

  get requestsUnderWay(): number {
    return this.underWay;
  }

  /** Calls the listener when closing begins: an answer without an end must be ended then. */
  whenDraining(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Counts each request until its answer is sent or its caller has left; refuses new work while closing. */
  middleware(): RequestHandler {
    return (request: Request, response: Response, next: NextFunction): void => {
      if (this.draining) {
        response.setHeader('Connection', 'close');
        if (!ALWAYS_SERVED.has(request.path)) {
          next(new ApiError('NOT_READY', 'the replica is closing; try again'));
          return;
        }
      }
      this.underWay += 1;
      response.once('close', () => {
        this.underWay -= 1;
        if (this.underWay === 0) for (const wake of this.idleWaiters.splice(0)) wake();
      });
      next();
    };
  }

  /** Turns readiness red, and resolves when no request is under way, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    for (const listener of this.listeners.splice(0)) listener();
    if (this.underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.idleWaiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
