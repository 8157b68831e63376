// Rules: test/client/requests/show.test.ts
import { Request } from '../../functions/domain/cards/wire/request.ts'
import type { Context } from '../context.ts'
import { wrongUsage } from '../outcome.ts'

/** @throws Refusal */
export function pathOf(id: string): string {
  if (!id.startsWith('bgl_')) return `/v1/requests/${encodeURIComponent(id)}`
  throw wrongUsage(`\`${id}\` is an opening`, `see \`npx --no-install hotwork break-glass status ${id}\``)
}

export const read = async (id: string, { api }: Pick<Context, 'api'>): Promise<Request> =>
  api.call(Request, { method: 'GET', path: pathOf(id) })
