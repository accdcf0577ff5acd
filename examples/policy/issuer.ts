/**
 * A token issuer to try weir with, and nothing more: it signs whatever it is asked for. It serves
 * its public key at /jwks, and POST /token answers with a token for the scopes in `scope`.
 *
 * `node examples/policy/issuer.ts` listens on http://localhost:9000; PORT chooses another port. Its
 * key is made anew at each start.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const DEFAULT_PORT = 9000;
const ISSUER = 'http://localhost:9000';
/** What weir calls itself: `auth.resource.url`. */
const DEFAULT_RESOURCE = 'http://localhost:8080/mcp';

const { publicKey, privateKey } = await generateKeyPair('ES256');
const jwks = {
  keys: [{ ...(await exportJWK(publicKey)), kid: 'first', alg: 'ES256', use: 'sig' }],
};

async function issueToken(request: IncomingMessage): Promise<string> {
  const form = new URLSearchParams(await text(request));
  return new SignJWT({ scope: form.get('scope') ?? '' })
    .setProtectedHeader({ alg: 'ES256', kid: 'first' })
    .setIssuer(ISSUER)
    .setSubject(form.get('subject') ?? 'carol')
    .setAudience(form.get('resource') ?? DEFAULT_RESOURCE)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/jwks') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks));
  } else if (request.url === '/token' && request.method === 'POST') {
    response.end(await issueToken(request));
  } else {
    response.writeHead(404).end();
  }
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env.PORT ?? DEFAULT_PORT), 'localhost', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`Issuer on http://localhost:${port}\n`);
});
