// Rules: test/client/agents/registry.test.ts
import type { Request } from '../../functions/domain/cards/wire/request.ts'
import { type Around, fact, time } from '../screen.ts'
import { previewWords } from './preview.ts'

/** A change of the registry of agents: its agent, the entry before and after, and the acceptance of a transfer. */
export function registryWords(request: Request, surroundings: Around): string[] {
  const { registry, status } = request
  if (!registry) return []
  const { agent, accepts, accepted_at: at } = registry
  return [
    ...fact('agent', agent),
    ...fact('changes', ...previewWords(request, surroundings)),
    ...fact(
      'transfer',
      accepts !== undefined &&
        (at === undefined
          ? status === 'pending' && `${accepts} has to accept it first: registry accept ${request.id}`
          : `${accepts} accepted it at ${time(at, surroundings)}`),
    ),
  ]
}
