import { mayRead } from '../../domain/deciding/questions.ts'
import { type Bundle, hashOfBundle } from '../../domain/policy/bundle.ts'
import type { Digest, JsonObject, PersonId, Result } from '../../domain/values.ts'
import { ok, refuse } from '../../domain/values.ts'
import type { Clock, Log } from '../ports.ts'
import type { BundleStore, KeptBundle, Policy } from './ports.ts'

type Ports = { bundles: BundleStore; clock: Clock; log: Log }

/**
 * Keeps the bundle of a deployment under its hash, once and for ever, so that its decisions can be explained and
 * replayed.
 *
 * @param files the bundle as it was deployed
 * @returns whether this call stored it
 */
export async function keepBundle(files: Bundle, { bundles, clock, log }: Ports): Promise<boolean> {
  if (await bundles.isKept(files.hash)) return false
  const kept = await bundles.keep({ bundle: files as unknown as KeptBundle['bundle'], at: clock.now() })
  if (kept) log.info('bundle_kept', { bundle: files.hash })
  return kept
}

export async function readKeptBundle(
  { hash, person }: { hash: Digest; person: PersonId },
  ports: Ports & { policy: Policy },
): Promise<Result<KeptBundle, 'not_permitted' | 'unknown_bundle' | 'bundle_broken'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const found = await loadKept(hash, ports)
  if (found === 'broken') return refuse('bundle_broken')
  return found ? ok(found) : refuse('unknown_bundle')
}

/** The stored bundle, after a check of its hash. A mismatch is logged as `bundle_broken` for the alarm. */
export async function loadKept(
  hash: Digest,
  { bundles, log }: Pick<Ports, 'bundles' | 'log'>,
): Promise<KeptBundle | 'broken' | undefined> {
  const found = await bundles.load(hash)
  if (found !== 'unreadable' && (!found || hasHash(found.bundle, hash))) return found
  log.error('bundle_broken', { bundle: hash })
  return 'broken'
}

const hasHash = ({ hash: said, ...content }: JsonObject, hash: Digest): boolean =>
  said === hash && hashOfBundle(content) === hash
