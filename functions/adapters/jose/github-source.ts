import { type GithubIssuer, pinnableClaims } from '../../domain/people/identity-issuer.ts'
import type { Clock } from '../../operations/ports.ts'
import { bearer, type IdentitySource, invalid, textOf } from './identity-source.ts'
import { oidcSource } from './oidc-source.ts'

/**
 * GitHub Actions. Who runs is told by ids, since names change hands and `sub` is written with names or with names and
 * ids; a run that a pull request started is nobody's, since anyone may open one.
 */
export function githubSource(issuer: GithubIssuer, clock: Clock): IdentitySource {
  const source = oidcSource(issuer, clock)
  return {
    ...source,
    read: (token) => {
      const read = source.read(token)
      if (!read.ok) return read
      const claims = textOf(token.payload, pinnableClaims.github ?? [])
      const { repository_id: repository, repository_owner_id: owner, event_name: event } = claims
      if (!repository || !owner || !event)
        return invalid('it must have `repository_id`, `repository_owner_id` and `event_name`')
      if (event.startsWith('pull_request')) return invalid('a run that a pull request started has no identity here')
      return bearer(read.value.subject, claims)
    },
  }
}
