// Rules: test/targets/kubernetes/export.test.ts
import type { Json } from '../../../domain/values.ts'
import { ownGroups } from '../rules/act.ts'
import type { Cluster } from '../rules/entry.ts'
import { neverSubresources } from '../rules/pinned.ts'
import { type Acts, actExpression } from './expressions.ts'

const policyVersion = 'admissionregistration.k8s.io/v1'
export const revocations = 'hotwork-revocations'

type Validation = { expression: string; message: string }

const everything = {
  resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }],
}

const isHotwork = { name: 'hotwork', expression: 'request.userInfo.username.startsWith("hotwork:")' }

type Named = { name: string; annotations: { readonly [name: string]: string } }

const policy = (metadata: Named, spec: { readonly [member: string]: Json }): Json => ({
  ...{ apiVersion: policyVersion, kind: 'ValidatingAdmissionPolicy', metadata },
  spec: { failurePolicy: 'Fail', ...spec },
})

const binding = (metadata: Named, paramRef?: Json): Json => ({
  ...{ apiVersion: policyVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata },
  spec: { policyName: metadata.name, validationActions: ['Deny'], ...(paramRef === undefined ? {} : { paramRef }) },
})

/** Its group is in the token. */
const has = (group: string): string => `${JSON.stringify(`hotwork:${group}`)} in variables.groups`

/**
 * Two policies: the acts, and the revocations. The second has a parameter and allows where it is missing: with `Deny`
 * the missing ConfigMap would refuse the writes of all users of the cluster.
 */
export function admissionOf(
  acts: readonly Acts[],
  { ownNamespace }: Cluster,
  annotations: Named['annotations'],
): Json[] {
  const [ofActs, ofRevocations] = ['hotwork-acts', revocations].map((name) => ({ name, annotations }))
  if (!ofActs || !ofRevocations) return []
  return [
    policy(ofActs, {
      matchConstraints: everything,
      matchConditions: [isHotwork],
      variables: [
        { name: 'groups', expression: 'request.userInfo.groups' },
        { name: 'sub', expression: 'request.?subResource.orValue("")' },
        {
          name: 'what',
          expression:
            'request.operation + " " + request.resource.group + "/" + request.resource.resource\n+ (variables.sub == "" ? "" : "/" + variables.sub)',
        },
        { name: 'space', expression: 'request.?namespace.orValue("")' },
        { name: 'name', expression: 'request.?name.orValue("")' },
        {
          name: 'act',
          expression: '"hotwork:act=" + variables.what + " " + variables.space + "/" + variables.name',
        },
        ...acts.map((each, index) => ({ name: `act${index}`, expression: actExpression(each) })),
      ],
      validations: validationsOf(acts, ownNamespace),
    }),
    binding(ofActs),
    policy(ofRevocations, {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: everything,
      matchConditions: [isHotwork, { name: 'permit', expression: '"hotwork:permit" in request.userInfo.groups' }],
      variables: [{ name: 'groups', expression: 'request.userInfo.groups.filter(g, g.startsWith("hotwork:"))' }],
      validations: [
        {
          expression:
            '!has(params.data) || variables.groups.all(g, !(g.substring(8) in params.data)\n|| variables.groups.exists(t, t.startsWith("hotwork:at=") && t.substring(11) >= params.data[g.substring(8)]))',
          message: 'hotwork: this permit was revoked',
        },
      ],
    }),
    binding(ofRevocations, { name: revocations, namespace: ownNamespace, parameterNotFoundAction: 'Allow' }),
  ]
}

function validationsOf(acts: readonly Acts[], ownNamespace: string): Validation[] {
  const own = JSON.stringify(ownNamespace)
  const known = acts.map(({ what }, index) => `(variables.what == ${JSON.stringify(what)} && variables.act${index})`)
  const [call, reader, revoker] = [ownGroups.call, ownGroups.read, ownGroups.end].map(has)
  return [
    {
      expression: `request.operation != "CONNECT" && !(variables.sub in ${JSON.stringify(neverSubresources)})`,
      message: 'hotwork: no permit opens exec, attach, portforward, proxy or a token',
    },
    {
      expression: `[${['permit', ...Object.values(ownGroups)].map(has).join(', ')}].exists_one(is, is)`,
      message: 'hotwork: a token without a right to write',
    },
    {
      expression: `!(${has('permit')} || ${call}) || (variables.name != "" && variables.act in variables.groups)`,
      message: 'hotwork: the permit is for a different act or object',
    },
    {
      expression: `!(${has('permit')}) || ${known.length === 0 ? 'false' : known.join('\n|| ')}`,
      message: 'hotwork: the permit is for different values, for an earlier state, or it was used',
    },
    {
      expression: `!(${has('permit')} || ${call}) || variables.space != ${own}`,
      message: "hotwork: no act is in Hotwork's own namespace",
    },
    { expression: `!(${reader}) || request.?dryRun.orValue(false)`, message: 'hotwork: a reader may only try' },
    {
      expression: `!(${revoker}) || (variables.act == ${JSON.stringify(`hotwork:act=UPDATE /configmaps ${ownNamespace}/${revocations}`)})`,
      message: 'hotwork: the revoker may only change the revocations',
    },
  ]
}

/**
 * A policy over what the two others rest on. A policy of this kind is not asked about `admissionregistration.k8s.io`
 * itself: RBAC has no right to it for a user of Hotwork, and this file can be a manifest of the API server.
 */
export function guardrailOf({ ownNamespace }: Cluster, annotations: Named['annotations']): Json[] {
  const metadata = { name: 'hotwork-guardrail', annotations }
  const name = JSON.stringify(revocations)
  return [
    policy(metadata, {
      matchConstraints: {
        resourceRules: [
          ...[
            'rbac.authorization.k8s.io',
            'admissionregistration.k8s.io',
            'authentication.k8s.io',
            'certificates.k8s.io',
          ].map((group) => ({ apiGroups: [group], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] })),
          { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE', 'DELETE'], resources: ['configmaps'] },
        ],
      },
      validations: [
        {
          expression: 'request.resource.group == "" || !request.userInfo.username.startsWith("hotwork:")',
          message: 'hotwork: no permit changes rights or policies',
        },
        {
          expression: [
            `request.resource.group != "" || request.?namespace.orValue("") != ${JSON.stringify(ownNamespace)} || request.?name.orValue("") != ${name}`,
            `"hotwork:${ownGroups.end}" in request.userInfo.groups || "system:masters" in request.userInfo.groups`,
            '(request.operation == "UPDATE" && object.?data == oldObject.?data)',
          ].join('\n|| '),
          message: 'hotwork: only Hotwork and cluster admins change the revocations',
        },
      ],
    }),
    binding(metadata),
  ]
}
