// Rules: test/http/registry-view.test.ts
import * as z from 'zod'
import type { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import { spelled, spelledIdentity } from '../../domain/agents/spelling.ts'
import type { RegistryAnswer } from '../../domain/cards/wire/registry.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { JsonObject, PersonId, rfc3339 } from '../../domain/values.ts'

/** The body of `POST /v1/registry/requests` (docs/registry.md). The schema of the action checks the arguments. */
export const RegistryBody = z.strictObject({
  action: z.string().min(1).max(128),
  arguments: JsonObject,
  reason: z.string().trim().min(1).max(1000),
})

/** `GET /v1/registry`: the registry as `hotwork policy pull` writes it. */
export const registryView = ({
  version,
  agents,
  retired,
  changed,
  former,
}: GovernedRegistry): Said<typeof RegistryAnswer> => ({
  version,
  agents: agents.map(spelled),
  retired: retired.map(({ id, at }) => ({ id, at: rfc3339(at) })),
  changed: Object.fromEntries(Object.entries(changed).map(([id, at]) => [id, rfc3339(at)])),
  // Leaves out a person's identity, since this has more readers than the directory.
  former: former
    .filter(({ agent }) => !PersonId.safeParse(agent).success)
    .map(({ agent, identity, until }) => ({
      ...{ agent, identity: spelledIdentity(identity) },
      until: rfc3339(until),
    })),
})
