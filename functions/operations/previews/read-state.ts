import * as z from 'zod'
import { digestOf } from '../../domain/digest.ts'
import { type Bundle, settingsOf } from '../../domain/policy/bundle.ts'
import { type CatalogueEntry, factsOf, hasGap } from '../../domain/policy/catalogue.ts'
import { ChangeSummary } from '../../domain/policy/change-summary.ts'
import { lesserOf, levelOf, maskPair } from '../../domain/previews/mask.ts'
import {
  argumentsOfRead,
  describesRun,
  type PreviewSource,
  type ReachSource,
} from '../../domain/previews/preview-source.ts'
import { compareUpdate } from '../../domain/previews/update-expression.ts'
import { ChangeTree } from '../../domain/record/change-tree.ts'
import { largestPreview, type Matched, type Preview, type ReachFact, withoutTree } from '../../domain/record/preview.ts'
import { Digest, defined, type Json, type JsonObject } from '../../domain/values.ts'
import { isTargetId, type TargetId } from '../../targets/kinds.ts'
import type { Found, Reader } from '../../targets/reach.ts'
import { faultName } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { StateAsk, StateReader, StateReading } from './ports.ts'
import type { Expressions, StateKey } from './sources.ts'

export type ReadingPorts = {
  policy: { bundle: Bundle }
  /** The reader of each kind of target. */
  readers: { readonly [kind in TargetId]?: Reader }
  expressions: Expressions
  stateKey: StateKey
  clock: Clock
  log: Log
}

/** The timeout of a reading. Milliseconds. */
const patience = 2500

/** The longest answer in characters of JSON; a longer one is refused. */
const largestAnswer = 262_144

/** The lengths of a value for people, in characters: the longest that fits into the preview is used. */
const lengths = [1000, 250, 60]
/** Characters of a fact about what an action reaches. */
const longestFact = 60

/** Reads the resource of an action by its catalogue entry. Values leave this class masked. */
export class CatalogueStateReader implements StateReader {
  readonly #ports: ReadingPorts
  readonly #patience: number

  constructor(ports: ReadingPorts, milliseconds = patience) {
    this.#ports = ports
    this.#patience = milliseconds
  }

  async read(about: StateAsk): Promise<StateReading | undefined> {
    const { policy, clock, log } = this.#ports
    const entry = policy.bundle.actions[about.action]
    const reader = entry && this.#ports.readers[isTargetId(entry.tool) ? entry.tool : 'tool']
    if (!entry || !(entry.preview ?? entry.reach) || !reader?.canRead(entry)) return undefined
    const observedAt = clock.now()
    const reaching = Promise.all((entry.reach ?? []).map((each) => this.#readReach(reader, entry, each, about)))
    if (!entry.preview) return { preview: { outcome: 'none', observedAt, reach: await reaching } }
    const read = this.#readInTime(reader, entry, entry.preview, about)
    const reach = await Promise.all([reaching, read.catch(() => {})]).then(([facts]) =>
      facts.length === 0 ? {} : { reach: facts },
    )
    const failed = (why: 'denied' | 'unavailable' | 'unreadable', fault: string, words?: string): StateReading => {
      log.warn('state_unread', { action: about.action, request: about.request, why, fault })
      return { preview: { outcome: 'failed', why, observedAt, ...reach }, ...defined({ words }) }
    }
    try {
      const [found, key] = await read
      if (found.found === 'failed') return failed(found.why, found.fault, found.words)
      return {
        ...(found.found === 'answer' && { raw: found.answer }),
        preview: this.#look(entry, about, found, { observedAt, key, reach }),
      }
    } catch (fault) {
      return failed(fault instanceof TooLate ? 'unavailable' : 'unreadable', faultName(fault))
    }
  }

  async #readInTime(
    reader: Reader,
    entry: CatalogueEntry,
    source: PreviewSource,
    about: StateAsk,
  ): Promise<[Found, string]> {
    const key = this.#ports.stateKey.read().catch((cause: unknown) => {
      throw new TooLate(faultName(cause), { cause })
    })
    return this.#inTime((signal) => Promise.all([this.#call(reader, entry, source, about, signal), key]))
  }

  /** Never throws: an unreadable fact has no value. */
  async #readReach(reader: Reader, entry: CatalogueEntry, source: ReachSource, about: StateAsk): Promise<ReachFact> {
    const { label } = source
    try {
      const found = await this.#inTime((signal) => this.#call(reader, entry, { ...source, absent: [] }, about, signal))
      if (found.found !== 'answer') return { label }
      const value = this.#ports.expressions.search(source.value, bounded(found.answer))
      if (typeof value !== 'string' && typeof value !== 'number') return { label }
      const level = levelOf(this.#ports.policy.bundle.show, about.classification)
      return { label, value: maskPair({ after: value }, level, longestFact).after as string | number }
    } catch {
      return { label }
    }
  }

  async #call(
    reader: Reader,
    entry: CatalogueEntry,
    { action, arguments: args, absent }: Pick<PreviewSource, 'action' | 'arguments' | 'absent'>,
    about: StateAsk,
    signal: AbortSignal,
  ): Promise<Found> {
    const facts = factsOf(entry, settingsOf(this.#ports.policy.bundle, entry))
    // A run is described by all of its arguments.
    const isOfRun = action === describesRun
    const filled = isOfRun ? about.arguments : argumentsOfRead({ arguments: args }, about.arguments, facts)
    return reader.read({ action, arguments: filled, absent, signal }, entry)
  }

  async #inTime<T>(read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController()
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(new TooLate('the state was not read in time'))
      stop.abort()
    }, this.#patience)
    try {
      return await Promise.race([read(stop.signal), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** @throws if the answer does not have the form that the entry expects */
  #look(
    entry: CatalogueEntry,
    { request, arguments: args, resource, classification, most: room = largestPreview }: StateAsk,
    found: Exclude<Found, { found: 'failed' }>,
    { observedAt, key, reach }: { observedAt: number; key: string; reach: { reach?: ReachFact[] } },
  ): Preview {
    const { bundle } = this.#ports.policy
    const source = entry.preview as PreviewSource
    const answer = found.found === 'answer' ? bounded(found.answer) : undefined
    const guard = answer ? source.guard.map((expression) => this.#guarded(expression, answer)) : 'absent'
    const state = digestOf('hotwork.state.v1', {
      ...{ key, request, action: source.action },
      resource: { type: resource.type, id: resource.id },
      guard,
    })
    const level = levelOf(bundle.show, classification)
    const run = source.action === describesRun ? { run: runIn(answer) } : {}
    const pairs = Object.entries(source.show).flatMap(([name, expression]) => {
      const after = args[name]
      if (after === undefined) return []
      const before = answer && (this.#ports.expressions.search(expression, answer) ?? undefined)
      const isUpdate = entry.name === 'dynamodb:UpdateItem' && name === 'UpdateExpression'
      const pair = isUpdate ? compareUpdate(args, before) : { before, after }
      return [{ name, ...pair, level: lesserOf(level, source.atMost?.[name]) }]
    })
    for (const most of lengths) {
      const shown = pairs.map(({ name, level: of, ...pair }) => ({ name, ...maskPair(pair, of, most) }))
      const masked = shown.filter((each) => each.masked).map(({ name }) => name)
      const preview: Preview = {
        outcome: 'matched',
        before: Object.fromEntries(shown.flatMap(({ name, before }) => (before === undefined ? [] : [[name, before]]))),
        after: Object.fromEntries(shown.map(({ name, after }) => [name, after])),
        ...{ observedAt, state },
        ...(masked.length > 0 && { masked }),
        ...(hasGap(entry) && { gap: true }),
        ...reach,
        ...run,
      }
      if (utf8.encode(JSON.stringify(withoutTree(preview))).length <= room) return preview
    }
    throw new Unreadable('the preview is too long')
  }

  /** The guarded values. An empty result is refused, since it would make all states equal. */
  #guarded(expression: string, answer: JsonObject): Json {
    const value = this.#ports.expressions.search(expression, answer)
    if (value === undefined || value === null) throw new Unreadable('a guard gave nothing')
    return value
  }
}

/** The answer about a run, besides what the digest covers. */
const Described = z.looseObject({
  runsAs: z.string().min(1).max(2048).nullable(),
  open: z.array(z.string().max(320)).max(32),
  concerns: z.array(z.string().max(2048)).max(32).optional(),
  shows: Digest.optional(),
  change: ChangeSummary.optional(),
  tree: ChangeTree.optional(),
})

function runIn(answer: JsonObject | undefined): Run {
  const { runsAs, open, change, concerns, shows, tree } = Described.parse(answer)
  return { open, ...defined({ runsAs: runsAs ?? undefined, concerns, shows, change, tree }) }
}

const utf8 = new TextEncoder()

type Run = NonNullable<Matched['run']>

class TooLate extends Error {
  override readonly name = 'TooLate'
}

class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

function bounded(answer: JsonObject): JsonObject {
  if (JSON.stringify(answer).length > largestAnswer) throw new Unreadable('the answer is too large')
  return answer
}
