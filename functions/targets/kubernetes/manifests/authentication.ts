// Rules: test/targets/kubernetes/export.test.ts
import type { Json } from '../../../domain/values.ts'
import type { Cluster } from '../rules/entry.ts'

/** The longest life of a token, in seconds. */
export const longestLife = 900

/** `--authentication-config` of an API server, to be merged with the file that it has. */
export const authenticationOf = (issuer: string, { audience }: Cluster): Json => ({
  ...{ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration' },
  jwt: [
    {
      issuer: { url: issuer, audiences: [audience] },
      claimValidationRules: [
        // Other tokens of Hotwork have neither claim.
        { expression: 'has(claims.hw_groups) && has(claims.hw_user)', message: "not a cluster's token" },
        {
          expression: `has(claims.nbf) && claims.exp - claims.nbf <= ${longestLife}`,
          message: `a token that lives longer than ${longestLife} seconds`,
        },
      ],
      claimMappings: {
        username: { claim: 'hw_user', prefix: 'hotwork:' },
        groups: { claim: 'hw_groups', prefix: 'hotwork:' },
        uid: { claim: 'sub' },
      },
    },
  ],
})

/** `aws eks associate-identity-provider-config --cli-input-json`. EKS has no rule for the life of a token. */
export const eksOf = (issuer: string, { audience }: Cluster): Json => ({
  clusterName: 'TODO: the name of the cluster',
  oidc: {
    identityProviderConfigName: 'hotwork',
    issuerUrl: issuer,
    clientId: audience,
    usernameClaim: 'hw_user',
    usernamePrefix: 'hotwork:',
    groupsClaim: 'hw_groups',
    groupsPrefix: 'hotwork:',
  },
})
