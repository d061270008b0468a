import type { Configuration } from 'openid-client'
import { isLoopback, NAME_CLAIM_DEFAULT, SCOPE_DEFAULT, SignOnFailed } from '../../domain/sign-on.ts'
import type { Claims, OpenIdConfig } from '../../domain/sign-on.ts'
import type { SignOnProof, SignOnService } from '../../ports/sign-on.ts'

const TIMEOUT_SEC = 10

/** Loaded when the first person comes: a console that nobody logs in to this way does not pay for it. */
const library = () => import('openid-client')
type Library = Awaited<ReturnType<typeof library>>

/** OpenID Connect: the code flow with PKCE, state and nonce. `secret`: null for a public client. */
export function openOpenId(config: OpenIdConfig, secret: () => Promise<string | null>): SignOnService {
  let known: Promise<Configuration> | null = null

  async function discover(client: Library): Promise<Configuration> {
    const issuer = new URL(config.issuer)
    const local = issuer.protocol === 'http:' && isLoopback(issuer)
    const given = await secret()
    return client.discovery(
      issuer,
      config.clientId,
      {},
      given === null ? client.None() : client.ClientSecretPost(given),
      { timeout: TIMEOUT_SEC, ...(local ? { execute: [client.allowInsecureRequests] } : {}) },
    )
  }
  /** Asked once; again where it failed. */
  function service(client: Library): Promise<Configuration> {
    known ??= discover(client).catch((error: unknown) => {
      known = null
      throw new SignOnFailed('unreachable', String(error), { cause: error })
    })
    return known
  }

  return {
    async begin(back) {
      const client = await library()
      const found = await service(client)
      const proof: SignOnProof = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      }
      const location = client.buildAuthorizationUrl(found, {
        redirect_uri: back,
        scope: `openid ${config.scope ?? SCOPE_DEFAULT}`,
        state: proof.state,
        nonce: proof.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(proof.verifier),
        code_challenge_method: 'S256',
      })
      return { location: location.href, proof }
    },
    async finish(arrived, { state, nonce, verifier }) {
      const client = await library()
      const found = await service(client)
      try {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
        const tokens = await client.authorizationCodeGrant(found, arrived, {
          ...checks,
          idTokenExpected: true,
        })
        const claims: Claims = { ...tokens.claims() }
        const wanted = [config.nameClaim ?? NAME_CLAIM_DEFAULT, config.roleClaim]
        const whole = wanted.every((name) => name === undefined || name in claims)
        const subject = String(claims['sub'])
        // Many services tell names and groups only to who asks for them.
        if (whole || found.serverMetadata().userinfo_endpoint === undefined) return claims
        return { ...(await client.fetchUserInfo(found, tokens.access_token, subject)), ...claims }
      } catch (error) {
        throw failed(client, error)
      }
    },
  }
}

function failed(
  { AuthorizationResponseError, ClientError, ResponseBodyError }: Library,
  error: unknown,
): SignOnFailed {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const options = { cause: error }
  if (error instanceof AuthorizationResponseError) return new SignOnFailed('denied', reason, options)
  if (error instanceof ClientError || error instanceof ResponseBodyError)
    return new SignOnFailed('invalid', reason, options)
  return new SignOnFailed('unreachable', reason, options)
}
