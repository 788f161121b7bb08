import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { DataSource } from 'typeorm';
import { ACCESS, type Access } from '../auth/access.js';
import { asChange, writeUncarried, type Change } from './changes.js';
import { CHANGES_NOTHING } from './changes-nothing.js';

/** Keys, numbers and ids, never an address: what people are known by stays out of the log. */
const TARGET = /^[\w.:-]{1,200}$/;
const ABOUT_PEOPLE = new Set(['identifier']);

/** Has every change that a key of scope `manage` asks for written down with it. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly dataSource: DataSource,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!this.isChange(context, request)) return next.handle();
    return from(
      asChange(changeOf(request), async () => {
        const answer: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
        await writeUncarried(this.dataSource.manager);
        return answer;
      }),
    );
  }

  private isChange(context: ExecutionContext, { method, apiKey }: FastifyRequest): boolean {
    if (method === 'GET' || method === 'HEAD' || !apiKey) return false;
    const places = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, places);
    const mayManage = access?.kind === 'scope' && access.scopes.includes('manage');
    return mayManage && !this.reflector.getAllAndOverride<boolean | undefined>(CHANGES_NOTHING, places);
  }
}

function changeOf({ method, routeOptions, params, apiKey }: FastifyRequest): Change {
  const target = Object.entries(params as Record<string, string>).map(([name, value]) => [
    name,
    !ABOUT_PEOPLE.has(name) && TARGET.test(value) ? value : '[hidden]',
  ]);
  return {
    apiKeyId: apiKey!.id,
    action: `${method} ${routeOptions.url ?? ''}`,
    target: Object.fromEntries(target) as Record<string, string>,
  };
}
