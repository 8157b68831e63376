import type { ApprovedRequest } from '../../../functions/domain/record/request.ts'
import { agentKey, permit } from '../../support/ask.ts'
import { answered, evolved, type Fault, told } from './fault.ts'
import { production } from './production.ts'
import { ahead } from './scenarios.ts'

const { decide, evolve } = production

/** Mistakes in what a grant is good for, and until when. */
export const faultsOfGrant: readonly Fault[] = [
  {
    fault: 'the question is not asked again at issue',
    breaks: 'INV3',
    reducer: told((_state, command) =>
      command.type === 'intend' ? { command: { ...command, answer: permit } } : undefined,
    ),
  },
  {
    fault: 'deadlines are not applied until a timer fires',
    breaks: 'INV8',
    reducer: told((state, command) => (command.type === 'wake' ? undefined : { now: state.updatedAt })),
  },
  {
    fault: 'a grant may be claimed after its end',
    breaks: 'INV8',
    reducer: told((state, command, now) =>
      state.status === 'approved' && command.type === 'intend'
        ? { now: Math.min(now, (state.grant.claimedAt === undefined ? state.grant.claimBy : state.grant.notAfter) - 1) }
        : undefined,
    ),
  },
  {
    fault: 'a grant may be claimed before its start',
    breaks: 'INV8',
    where: ahead,
    reducer: told((state, command) => {
      if (command.type !== 'intend') return undefined
      const { notBefore: _, ...ask } = state.ask
      return { state: { ...state, ask } }
    }),
  },
  {
    fault: 'every claim gives the grant another lifetime',
    breaks: 'INV8',
    reducer: answered((decided, state) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'CredentialIssued' && state
          ? { ...event, notAfter: event.at + state.ask.lifetime, expiresAt: event.at + state.ask.lifetime }
          : event,
      ),
    })),
  },
  {
    fault: 'a credential may be recorded without an intent',
    breaks: 'INV5',
    reducer: told((state, command) =>
      state.status === 'approved' && command.type === 'issue' && !state.grant.intents[command.claim]
        ? {
            state: {
              ...state,
              grant: { ...state.grant, intents: { [command.claim]: { id: command.credential, at: state.updatedAt } } },
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'an attempt that was overtaken still becomes a credential',
    breaks: 'INV5',
    reducer: told((state, command) =>
      state.status === 'approved' && command.type === 'issue' && state.grant.intents[command.claim]
        ? {
            state: {
              ...state,
              grant: {
                ...state.grant,
                intents: { ...state.grant.intents, [command.claim]: { id: command.credential, at: state.updatedAt } },
              },
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'an intent is good for as long as the grant',
    breaks: 'INV3',
    reducer: told((state, command, now) => {
      const intent = state.status === 'approved' && command.type === 'issue' && state.grant.intents[command.claim]
      if (!intent) return undefined
      const intents = { ...state.grant.intents, [command.claim]: { ...intent, at: now } }
      return { state: { ...state, grant: { ...state.grant, intents } } }
    }),
  },
  {
    fault: 'an access token that was overtaken before it was issued is not counted',
    breaks: 'INV5',
    reducer: told((state, command) => {
      const lost = state.status === 'approved' && command.type === 'intend' && state.grant.intents.access_token
      if (!lost || command.claim !== 'access_token') return undefined
      const { tokens = 1, ...grant } = state.grant
      return { state: { ...state, grant: { ...grant, ...(tokens > 1 ? { tokens: tokens - 1 } : {}) } } }
    }),
  },
  {
    fault: 'a credential that was replaced stays good',
    breaks: 'INV5',
    reducer: told((state, command) => {
      const live = state.status === 'approved' && state.grant.credentials.access_token?.id
      return live && command.type === 'begin_use' ? { command: { ...command, presented: live } } : undefined
    }),
  },
  {
    fault: 'a second mint does not replace the first',
    breaks: 'INV5',
    reducer: evolved((state, event) => {
      if (event.type !== 'CredentialIssued' || state.status !== 'approved') return undefined
      const next = evolve(state, event) as ApprovedRequest
      return {
        ...next,
        grant: { ...next.grant, credentials: { ...next.grant.credentials, ...state.grant.credentials } },
      }
    }),
  },
  {
    fault: 'AWS credentials outlive the access token that was given back',
    breaks: 'INV7',
    reducer: evolved((state, event) => {
      if (event.type !== 'CredentialRevoked' || state.status !== 'approved') return undefined
      const next = evolve(state, event) as ApprovedRequest
      const { aws } = state.grant.credentials
      return { ...next, grant: { ...next.grant, credentials: aws ? { aws } : {} } }
    }),
  },
  {
    fault: 'giving a token back is noted, and ends nothing',
    breaks: 'INV7',
    reducer: evolved((state, event) =>
      event.type === 'CredentialRevoked' ? { ...state, updatedAt: event.at } : undefined,
    ),
  },
  {
    fault: 'an AWS session that was being made when its token was given back is recorded',
    breaks: 'INV7',
    reducer: evolved((state, event) => {
      if (event.type !== 'CredentialRevoked' || state.status !== 'approved') return undefined
      const next = evolve(state, event) as ApprovedRequest
      return { ...next, grant: { ...next.grant, intents: state.grant.intents } }
    }),
  },
  {
    fault: 'any key may claim',
    breaks: 'INV1',
    reducer: told((_state, command) =>
      command.type === 'intend' ? { command: { ...command, jkt: agentKey } } : undefined,
    ),
  },
  {
    fault: 'uses are counted by credential',
    breaks: 'INV9',
    reducer: told((state, command) =>
      state.status === 'approved' && command.type === 'begin_use'
        ? {
            state: {
              ...state,
              grant: { ...state.grant, uses: state.grant.uses.filter((use) => use.credential === command.presented) },
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'AWS credentials are issued though a tool has spent the uses since their intent',
    breaks: 'INV9',
    reducer: told((state, command) =>
      state.status === 'approved' && command.type === 'issue'
        ? { state: { ...state, ask: { ...state.ask, uses: state.ask.uses + 1 } } }
        : undefined,
    ),
  },
  {
    fault: 'completion is noted, and ends nothing',
    breaks: 'INV4',
    reducer: evolved((state, event) => (event.type === 'Completed' ? { ...state, updatedAt: event.at } : undefined)),
  },
  {
    fault: 'an intent from before the end is issued after it',
    breaks: 'INV4',
    reducer: {
      ...production,
      decide: (state, command, now) =>
        state?.status === 'revoked' && command.type === 'issue'
          ? decide({ ...state, status: 'approved' } as never, command, now)
          : decide(state, command, now),
      evolve: (state, event) =>
        state?.status === 'revoked' && event.type === 'CredentialIssued' ? state : evolve(state, event),
    },
  },
  {
    fault: 'anybody may revoke',
    breaks: 'INV3',
    reducer: told((_state, command) =>
      command.type === 'revoke' ? { command: { ...command, answer: permit } } : undefined,
    ),
  },
]
