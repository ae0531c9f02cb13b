// Makes status lists of every kind with libraries that are not this project's, and writes them as one JSON object.
//
//   node make.mjs PLAN.json
//
// PLAN.json: {"set": [index], "statuses": {index: value}, "length": entries, "base": URL, "from": …, "until": …}, the
// times as dateTimeStamp; credentials are signed as of the first. Each list is at BASE/name. The issuers are did:keys
// made here.

import {createPrivateKey, sign as cryptoSign} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {deflateSync} from 'node:zlib';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as bitstring from '@digitalbazaar/vc-bitstring-status-list';
import * as revocation2020 from '@digitalbazaar/vc-revocation-list';
import * as statusList2021 from '@digitalbazaar/vc-status-list';
import {contexts as credentialContexts} from '@digitalbazaar/credentials-context';
import {contexts as statusContexts} from '@digitalbazaar/vc-status-list-context';
import dataIntegrityContext from '@digitalbazaar/data-integrity-context';
import {StatusList, createHeaderAndPayload} from '@sd-jwt/jwt-status-list';
import * as cose from '@auth0/cose';
import {Encoder} from 'cbor-x';

const require = createRequire(import.meta.url);
const {contexts: revocationContexts} = require('vc-revocation-list-context');
const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const lists = {};
const cbor = new Encoder({tagUint8Array: false, mapsAsObjects: false, useRecords: false});

const contexts = [credentialContexts, statusContexts, revocationContexts, dataIntegrityContext.contexts];

async function documentLoader(url) {
  const document = contexts.map(known => known.get(url)).find(found => found);
  if(!document) {
    throw new Error(`nothing is stored for ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document};
}

// ── Lists as credentials ──────────────────────────────────────────────────────────────────────────────────────────

const signer = await Ed25519Multikey.generate();
signer.controller = `did:key:${signer.publicKeyMultibase}`;
signer.id = `${signer.controller}#${signer.publicKeyMultibase}`;

async function issue(name, credential) {
  const suite = new DataIntegrityProof({signer: signer.signer(), cryptosuite: eddsaRdfc, date: plan.from});
  lists[name] = JSON.stringify(await vc.issue({credential, suite, documentLoader}));
}

async function filled(library) {
  const list = await library.createList({length: plan.length});
  const set = (list.setStatus ?? list.setRevoked).bind(list);
  plan.set.forEach(index => set(index, true));
  return list;
}

const period = {issuer: signer.controller, validFrom: plan.from, validUntil: plan.until};
const oldPeriod = {issuer: signer.controller, issuanceDate: plan.from, expirationDate: plan.until};

await issue('bitstring', {
  ...await bitstring.createCredential({
    id: `${plan.base}bitstring`, list: await filled(bitstring), statusPurpose: 'revocation'
  }),
  ...period
});
const list2021 = await statusList2021.createCredential({
  id: `${plan.base}status-list-2021`, list: await filled(statusList2021), statusPurpose: 'revocation'
});
await issue('status-list-2021', {
  ...list2021, ...oldPeriod,
  '@context': [...list2021['@context'], 'https://w3id.org/security/data-integrity/v2']
});
await issue('revocation-list-2020', {
  '@context': [
    'https://www.w3.org/2018/credentials/v1', 'https://w3id.org/vc-revocation-list-2020/v1',
    'https://w3id.org/security/data-integrity/v2'
  ],
  id: `${plan.base}revocation-list-2020`,
  type: ['VerifiableCredential', 'RevocationList2020Credential'],
  ...oldPeriod,
  credentialSubject: {
    id: `${plan.base}revocation-list-2020#list`,
    type: 'RevocationList2020',
    encodedList: await (await filled(revocation2020)).encode()
  }
});

// ── Lists as tokens ───────────────────────────────────────────────────────────────────────────────────────────────

const pair = await EcdsaMultikey.generate({curve: 'P-256'});
const issuer = `did:key:${pair.publicKeyMultibase}`;
const kid = `${issuer}#${pair.publicKeyMultibase}`;
const key = createPrivateKey({key: await EcdsaMultikey.toJwk({keyPair: pair, secretKey: true}), format: 'jwk'});
const seconds = stamp => Math.floor(Date.parse(stamp) / 1000);

function encoded(part) {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

for(const bits of [1, 2, 4, 8]) {
  const name = `token-${bits}`;
  const statuses = new Array(plan.length).fill(0);
  for(const [index, value] of Object.entries(plan.statuses)) {
    statuses[Number(index)] = value < 2 ** bits ? value : 1;
  }
  const list = new StatusList(statuses, bits);
  const claims = {iss: issuer, sub: plan.base + name, iat: seconds(plan.from), exp: seconds(plan.until), ttl: 300};
  const {header, payload} = createHeaderAndPayload(list, claims, {alg: 'ES256', typ: 'statuslist+jwt', kid});
  const signed = `${encoded(header)}.${encoded(payload)}`;
  const signature = cryptoSign('sha256', Buffer.from(signed), {key, dsaEncoding: 'ieee-p1363'});
  lists[name] = `${signed}.${signature.toString('base64url')}`;

  const listed = new Map([['bits', bits], ['lst', deflateSync(list.encodeStatusList(), {level: 9})]]);
  const cwtClaims = new Map([
    [1, issuer], [2, `${plan.base}cwt-${bits}`], [4, claims.exp], [6, claims.iat], [65534, 300], [65533, listed]
  ]);
  const message = await cose.Sign1.sign(
    new cose.ProtectedHeaders([[cose.Headers.Algorithm, cose.Algorithms.ES256], [16, 'application/statuslist+cwt']]),
    new cose.UnprotectedHeaders([[cose.Headers.KeyID, Buffer.from(kid)]]),
    cbor.encode(cwtClaims),
    key
  );
  lists[`cwt-${bits}`] = {cbor: Buffer.from(message.encode()).toString('base64')};
}

process.stdout.write(JSON.stringify({lists, issuers: {credentials: signer.controller, tokens: issuer}}));
