// Rules: test/domain/people/group-source.test.ts
import * as z from 'zod'
import type { Sentence } from '../domain/cards/sentence.ts'
import { chatGroupSource, groupIn } from './chat-group/kind.ts'
import { claimSource } from './claim/kind.ts'
import type { SourceKind } from './kind.ts'
import { PagerSettings, pagerSource } from './pager/kind.ts'

export { groupIn }

/** The kinds of sources, by their member in the bundle. */
export const sourceKinds = {
  chatGroup: chatGroupSource,
  pager: pagerSource,
  claim: claimSource,
}
type SourceId = keyof typeof sourceKinds
export type SourceConfig<K extends SourceId> = z.infer<(typeof sourceKinds)[K]['config']>
/** The sources that Hotwork reads; the others come with a login. */
export type ReadSourceId = { [K in SourceId]: (typeof sourceKinds)[K]['by'] extends 'login' ? never : K }[SourceId]

export const GroupSource = z
  .strictObject({
    chatGroup: chatGroupSource.config,
    pager: pagerSource.config,
    claim: claimSource.config,
  } satisfies { [K in SourceId]: z.ZodType })
  .partial()
  .refine((source) => Object.keys(source).length === 1, 'a source names exactly one kind')
export type GroupSource = { readonly [K in SourceId]?: SourceConfig<K> | undefined }

/** The accounts of a person in sources. */
export const sourceAccounts = {
  pagerUser: pagerSource.account.schema.optional(),
}
type SourceAccount = keyof typeof sourceAccounts
export const sourceAccountNames = Object.keys(sourceAccounts) as SourceAccount[]

/** The settings of sources in the deployment file. */
export const sourceSettings = {
  pager: PagerSettings.optional(),
}

type Kinds = { readonly [K in SourceId]: SourceKind<SourceConfig<K>, SourceAccount> }
const kinds: Kinds = sourceKinds
const ids = Object.keys(sourceKinds) as SourceId[]
export const allSourceKinds = Object.values<Kinds[SourceId]>(kinds)

/** The kind of a source, and its words on the config. */
export type Source = { kind: Kinds[SourceId]; config: SourceConfig<SourceId>; key: string; words: Sentence }

function described<K extends SourceId>(id: K, source: GroupSource): readonly Source[] {
  const config: SourceConfig<K> | undefined = source[id]
  const kind = kinds[id]
  return config === undefined ? [] : [{ kind, config, key: kind.key(config), words: kind.words(config) }]
}

export function sourceOf(source: GroupSource): Source {
  const [only] = ids.flatMap((id) => described(id, source))
  if (!only) throw new TypeError('a group with a source has exactly one')
  return only
}
