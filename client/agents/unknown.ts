// Rules: test/client/agents/unknown.test.ts
import { UnknownAnswer } from '../../functions/domain/cards/wire/agent-map.ts'
import { type Context, show } from '../context.ts'
import type { Exit } from '../outcome.ts'
import { table, time } from '../screen.ts'

/** Lists callers, or with `--roles` roles, that belong to no agent. */
export const unknown = ({ roles }: { roles?: boolean }, context: Context): Promise<Exit> =>
  roles ? unknownRoles(context) : unknownCallers(context)

async function unknownCallers(context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const found = await api.call(UnknownAnswer, { method: 'GET', path: '/v1/unknown-callers' })
  const rows = found.issuers.flatMap(({ issuer, callers }) =>
    callers.map(({ subject, first, last, calls }) => [
      subject,
      issuer,
      String(calls),
      time(first, surroundings),
      time(last, surroundings),
    ]),
  )
  const head = ['SUBJECT', 'ISSUER', 'CALLS', 'FIRST', 'LAST']
  return show(context, found, () => [
    ...(rows.length === 0 ? ['none is listed'] : table(head, rows, surroundings.columns)),
    '',
    ...found.issuers.map(
      ({ issuer, expected, others, flooded }) =>
        `${issuer}: ${others} calls of subjects that are not listed${flooded ? ', too many on a day' : ''}; ${
          expected.length === 0 ? 'without `expected`, no subject is listed' : `listed are ${expected.join(', ')}`
        }`,
    ),
  ])
}

async function unknownRoles(context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const found = await api.call(UnknownAnswer, { method: 'GET', path: '/v1/unknown-callers' })
  const rows = found.accounts.flatMap(({ account, roles }) =>
    roles.map(({ arn, platforms }) => [arn, account, platforms.join(', ')]),
  )
  return show(context, found, () => [
    ...(rows.length === 0 ? ['none was found'] : table(['ROLE', 'ACCOUNT', 'TRUSTS'], rows, surroundings.columns)),
    '',
    ...found.accounts.map(({ account, at, more = 0, unread = 0, failed }) =>
      [
        `${account}: ${at === undefined ? 'not looked at' : `looked at ${time(at, surroundings)}`}`,
        ...(failed === undefined ? [] : [`the last look failed (${failed})`]),
        ...(more === 0 ? [] : [`${more} further roles were not kept`]),
        ...(unread === 0 ? [] : [`a part of the trust policy of ${unread} roles is unknown`]),
      ].join('; '),
    ),
  ])
}
