// Rules: test/targets/kubernetes/check.test.ts
import * as z from 'zod'
import { SecureUrl } from '../../../domain/people/identity-issuer.ts'
import type { Entry } from '../../kind.ts'

/** A DNS-1123 label, the form of namespaces. */
export const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const Label = z.string().regex(label, 'a DNS-1123 label')
const Template = z.string().min(1).max(253)

/** The kinds of reads, each a Role in a namespace. Secrets are in no set. */
export const readSets = ['workloads', 'logs', 'config'] as const
export type ReadSet = (typeof readSets)[number]

/** The settings of a cluster in the deployment file. */
export const Cluster = z.strictObject({
  /** The address of the API server. */
  server: SecureUrl,
  /** The audience of its tokens, which no issuer, tool or other target has. */
  audience: z.string().min(1).max(256),
  /** The certificate of the authority that signed the server's, in PEM; by default one that everyone trusts. */
  certificateAuthority: z.string().startsWith('-----BEGIN CERTIFICATE-----').max(16_384).optional(),
  alg: z.enum(['ES256', 'RS256']).default('ES256'),
  /** The namespaces in which acts are approved. */
  namespaces: z.array(Label).min(1).max(64),
  /** Hotwork's own namespace, with the revocations. */
  ownNamespace: Label.default('hotwork'),
})
export type Cluster = z.infer<typeof Cluster>

/** The call that Hotwork makes for a mediated action. */
const Call = z.discriminatedUnion('call', [
  /** A strategic merge patch, with the arguments filled in; `{now}` is the time in RFC 3339. */
  z.strictObject({ call: z.literal('patch'), body: z.record(z.string(), z.json()) }),
  /** A rollout back to the pod template of a revision. */
  z.strictObject({ call: z.literal('undo'), revision: Template }),
  /** The eviction of a pod, which respects disruption budgets. */
  z.strictObject({ call: z.literal('evict') }),
])

/** A cluster's part of a catalogue entry: one act on one object, or a read. */
export const kubernetesPart = {
  kubernetes: z
    .strictObject({
      /** RBAC's verbs. */
      verbs: z.array(z.enum(['get', 'list', 'create', 'update', 'patch', 'delete'])).min(1),
      /** Admission's operation; a read has none. */
      operation: z.enum(['UPDATE', 'DELETE', 'CREATE']).optional(),
      /** Empty for the core group. */
      group: z.string().max(253),
      version: z
        .string()
        .regex(/^v\d+([a-z]+\d+)?$/)
        .default('v1'),
      resource: z.string().regex(/^[a-z]{1,63}$/, 'the plural, such as `deployments`'),
      subresource: z
        .string()
        .regex(/^[a-z]{1,63}$/)
        .optional(),
      /** Absent for a resource without a namespace, such as a node. */
      namespace: Template.optional(),
      name: Template.optional(),
      /** By path, such as `spec.replicas` or `metadata.labels["team"]`: the value that the act sets. */
      fields: z.record(z.string(), z.json()).default({}),
      /** The options of the request that are pinned. */
      options: z.record(z.string(), z.json()).optional(),
      /** The member of the object that holds a token to one use. */
      guard: z.enum(['resourceVersion', 'generation', 'uid']).optional(),
      /** The set of a read. */
      read: z.enum(readSets).optional(),
      mediated: Call.optional(),
    })
    .optional(),
}
export type Part = NonNullable<z.infer<z.ZodObject<typeof kubernetesPart>>['kubernetes']>
export type KubernetesEntry = Entry & z.infer<z.ZodObject<typeof kubernetesPart>>
