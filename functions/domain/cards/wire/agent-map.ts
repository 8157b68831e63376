// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { Resource, time, word } from './word.ts'

/** The answers about callers and roles that belong to no agent, and the map of all agents. */

export const UnknownAnswer = z.looseObject({
  since: time,
  issuers: z.array(
    z.looseObject({
      /** The alias. */
      issuer: z.string(),
      name: z.string(),
      /** The patterns of subjects that are listed. */
      expected: z.array(z.string()),
      callers: z.array(z.looseObject({ subject: z.string(), first: time, last: time, calls: z.number() })),
      /** The number of calls by all other subjects. */
      others: z.number(),
      /** True if there were too many on a day: then further subjects are only counted. */
      flooded: z.boolean(),
    }),
  ),
  /** Roles that trust an agent platform. */
  accounts: z.array(
    z.looseObject({
      account: z.string(),
      /** Absent before the first look. */
      at: time.optional(),
      roles: z.array(
        z.looseObject({ arn: z.string(), platforms: z.array(word('agentcore', 'github', 'spire', 'issuer')) }),
      ),
      /** The number of further, unstored roles. */
      more: z.number().optional(),
      /** The number of roles whose trust policy is unknown. */
      unread: z.number().optional(),
      failed: z.string().optional(),
    }),
  ),
})

const MapAgent = z.looseObject({
  id: z.string(),
  owner: z.string(),
  backup_owner: z.string().optional(),
  autonomy: z.string(),
  status: word('active', 'suspended', 'retired', 'orphaned'),
  runs_on: z.record(z.string(), z.string().catch('not said')),
  /** Absent if Hotwork knows nothing of the host. */
  looked_at: time.optional(),
  roles: z.array(z.looseObject({ arn: z.string(), via: word('host', 'trust', 'association', 'assume', 'outside') })),
  secrets: z.array(z.looseObject({ kind: word('secret', 'parameter'), name: z.string(), role: z.string() })),
  /** Reasons why part of it is unknown. */
  unknown: z.array(z.string()),
  grants: z.array(
    z.looseObject({ request: z.string(), action: z.string(), resource: Resource.optional(), until: time }),
  ),
  /** The numbers of unlisted items. */
  more: z.looseObject({ roles: z.number(), secrets: z.number(), grants: z.number(), roles_not_looked_at: z.number() }),
})
export type MapAgent = z.infer<typeof MapAgent>

/** `next`: the last agent, if there are more. `picture`: SVG of all agents, on request. */
export const AgentMap = z.looseObject({
  agents: z.array(MapAgent),
  next: z.string().optional(),
  picture: z.string().optional(),
})
export type AgentMap = z.infer<typeof AgentMap>
