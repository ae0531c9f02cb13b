// Makes status lists of every kind, and records with an entry in them, with libraries that are not this project's,
// and writes them as one JSON object.
//
//   node make.mjs PLAN.json
//
// PLAN.json: {"set": [index], "statuses": {index: value}, "length": entries, "base": URL, "records": [index],
// "from": …, "until": …}, the times as dateTimeStamp; credentials are signed as of the first. Each list is at
// BASE/name, and has a record NAME/INDEX for each index of "records". The issuers are did:keys made here.

import {createPrivateKey, sign as cryptoSign} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {deflateSync} from 'node:zlib';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {createSignCryptosuite as eddsaJcs} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as bitstring from '@digitalbazaar/vc-bitstring-status-list';
import * as revocation2020 from '@digitalbazaar/vc-revocation-list';
import * as statusList2021 from '@digitalbazaar/vc-status-list';
import {StatusList, createHeaderAndPayload} from '@sd-jwt/jwt-status-list';
import * as owf from '@owf/token-status-list';
import {CoseKey, SignatureAlgorithm} from '@owf/cose';
import * as cose from '@auth0/cose';
import {Encoder} from 'cbor-x';
import {SignJWT} from 'jose';
import {loaderWith} from './common.mjs';

const V1 = 'https://www.w3.org/2018/credentials/v1';
const V2 = 'https://www.w3.org/ns/credentials/v2';
const DATA_INTEGRITY = 'https://w3id.org/security/data-integrity/v2';

const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const lists = {};
const records = {};
const documentLoader = loaderWith(() => undefined);
const cbor = new Encoder({tagUint8Array: false, mapsAsObjects: false, useRecords: false});

// ── Lists as credentials ───────────────────────────────────────────────────────

async function named(pair) {
  pair.controller = `did:key:${pair.publicKeyMultibase}`;
  pair.id = `${pair.controller}#${pair.publicKeyMultibase}`;
  return pair;
}

const ed25519 = await named(await Ed25519Multikey.generate());
const p256 = await named(await EcdsaMultikey.generate({curve: 'P-256'}));

const IN_V2 = {
  '@context': [V2], validFrom: plan.from, validUntil: plan.until
};
const IN_V1 = {
  '@context': [V1], issuanceDate: plan.from, expirationDate: plan.until
};

async function issued(credential, [pair, cryptosuite]) {
  const suite = new DataIntegrityProof({signer: pair.signer(), cryptosuite, date: plan.from});
  return JSON.stringify(await vc.issue({
    credential: {...credential, issuer: pair.controller}, suite, documentLoader
  }));
}

/** Issue a list, and the records whose entries `entryOf` returns for an index. */
async function publish(name, list, by, entryOf) {
  lists[name] = await issued(list, by);
  const period = list['@context'].includes(V2) ? IN_V2 : IN_V1;
  for(const index of plan.records) {
    records[`${name}/${index}`] = await issued({
      ...period,
      '@context': list['@context'],
      type: ['VerifiableCredential'],
      credentialSubject: {id: 'did:example:learner'},
      credentialStatus: entryOf(String(index), `${plan.base}${name}`)
    }, by);
  }
}

async function filled(library) {
  const list = await library.createList({length: plan.length});
  const set = (list.setStatus ?? list.setRevoked).bind(list);
  plan.set.forEach(index => set(index, true));
  return list;
}

async function bitstringList(name, statusPurpose, ...by) {
  const list = {
    ...await bitstring.createCredential({id: plan.base + name, list: await filled(bitstring), statusPurpose}),
    ...IN_V2
  };
  await publish(name, list, by, (statusListIndex, statusListCredential) => ({
    type: 'BitstringStatusListEntry', statusPurpose, statusListIndex, statusListCredential
  }));
}

async function list2021(name, statusPurpose, ...by) {
  const made = await statusList2021.createCredential({
    id: plan.base + name, list: await filled(statusList2021), statusPurpose
  });
  const list = {...made, ...IN_V1, '@context': [...made['@context'], DATA_INTEGRITY]};
  await publish(name, list, by, (statusListIndex, statusListCredential) => ({
    id: `${statusListCredential}#${statusListIndex}`,
    type: 'StatusList2021Entry', statusPurpose, statusListIndex, statusListCredential
  }));
}

async function list2020(name, ...by) {
  const encodedList = await (await filled(revocation2020)).encode();
  const list = {
    ...IN_V1,
    '@context': [V1, 'https://w3id.org/vc-revocation-list-2020/v1', DATA_INTEGRITY],
    id: plan.base + name,
    type: ['VerifiableCredential', 'RevocationList2020Credential'],
    credentialSubject: {id: `${plan.base}${name}#list`, type: 'RevocationList2020', encodedList}
  };
  await publish(name, list, by, (revocationListIndex, revocationListCredential) => ({
    id: `${revocationListCredential}#${revocationListIndex}`,
    type: 'RevocationList2020Status', revocationListIndex, revocationListCredential
  }));
}

await bitstringList('bitstring', 'revocation', ed25519, eddsaRdfc);
await bitstringList('bitstring-suspension', 'suspension', ed25519, eddsaRdfc);
await bitstringList('bitstring-jcs', 'revocation', ed25519, eddsaJcs());
await bitstringList('bitstring-p256', 'revocation', p256, ecdsaRdfc);
await list2021('status-list-2021', 'revocation', ed25519, eddsaRdfc);
await list2021('status-list-2021-suspension', 'suspension', p256, ecdsaRdfc);
await list2020('revocation-list-2020', ed25519, eddsaRdfc);

// ── Lists as tokens ────────────────────────────────────────────────────────────

const jwk = await EcdsaMultikey.toJwk({keyPair: p256, secretKey: true});
const key = createPrivateKey({key: jwk, format: 'jwk'});
const {controller: issuer, id: kid} = p256;
const seconds = stamp => Math.floor(Date.parse(stamp) / 1000);

function ecdsa(content) {
  return cryptoSign('sha256', content, {key, dsaEncoding: 'ieee-p1363'});
}

/** Return the status of every entry, as far as `bits` have room for it. */
function statusesOf(bits) {
  const statuses = new Array(plan.length).fill(0);
  for(const [index, value] of Object.entries(plan.statuses)) {
    statuses[Number(index)] = value < 2 ** bits ? value : 1;
  }
  return statuses;
}

async function jwt(payload, header) {
  return new SignJWT(payload).setProtectedHeader({alg: 'ES256', kid, ...header}).sign(key);
}

async function listed(name, content) {
  lists[name] = content;
  for(const idx of plan.records) {
    const credential = {
      ...IN_V2, issuer, type: ['VerifiableCredential'], credentialSubject: {id: 'did:example:learner'}
    };
    const status = {status_list: {idx, uri: plan.base + name}};
    records[`${name}/${idx}`] = await jwt({...credential, status}, {typ: 'vc+jwt'});
  }
}

function binary(bytes) {
  return {cbor: Buffer.from(bytes).toString('base64')};
}

/** A JWT with the claims of @sd-jwt/jwt-status-list. */
async function token(name, bits) {
  const list = new StatusList(statusesOf(bits), bits);
  const claims = {iss: issuer, sub: plan.base + name, iat: seconds(plan.from), exp: seconds(plan.until), ttl: 300};
  const {header, payload} = createHeaderAndPayload(list, claims, {alg: 'ES256', typ: 'statuslist+jwt', kid});
  await listed(name, await jwt(payload, header));
}

/** A CWT by @auth0/cose, its claims written down by hand. */
async function cwt(name, bits) {
  const list = new StatusList(statusesOf(bits), bits);
  const packed = new Map([['bits', bits], ['lst', deflateSync(list.encodeStatusList(), {level: 9})]]);
  const claims = new Map([
    [1, issuer], [2, plan.base + name], [4, seconds(plan.until)], [6, seconds(plan.from)],
    [65534, 300], [65533, packed]
  ]);
  const message = await cose.Sign1.sign(
    new cose.ProtectedHeaders([[cose.Headers.Algorithm, cose.Algorithms.ES256], [16, 'application/statuslist+cwt']]),
    new cose.UnprotectedHeaders([[cose.Headers.KeyID, Buffer.from(kid)]]),
    cbor.encode(claims),
    key
  );
  await listed(name, binary(message.encode()));
}

/** A JWT with the claims of @owf/token-status-list, and a CWT that is all by it. */
async function owfTokens(bits) {
  const list = new owf.StatusList(statusesOf(bits), bits);
  const dates = {iat: seconds(plan.from), exp: seconds(plan.until)};
  const {header, payload} = owf.createHeaderAndPayload(
    list, {iss: issuer, sub: `${plan.base}owf-token-${bits}`, ...dates}, {alg: 'ES256', typ: 'statuslist+jwt', kid}
  );
  await listed(`owf-token-${bits}`, await jwt(payload, header));
  const message = new owf.StatusListCwt({
    payload: {
      subject: `${plan.base}owf-cwt-${bits}`,
      statusList: list,
      issuedAt: new Date(plan.from),
      expirationTime: new Date(plan.until),
      timeToLive: 300
    },
    protectedHeaders: new Map([
      [1, SignatureAlgorithm.ES256], [16, 'application/statuslist+cwt'], [4, Buffer.from(kid)]
    ])
  });
  const signed = await message.signAndEncode(
    {signingKey: CoseKey.fromJwk(jwk), algorithm: SignatureAlgorithm.ES256},
    {sign: async ({toBeSigned}) => ecdsa(toBeSigned)}
  );
  await listed(`owf-cwt-${bits}`, binary(signed));
}

for(const bits of [1, 2, 4, 8]) {
  await token(`token-${bits}`, bits);
  await cwt(`cwt-${bits}`, bits);
  await owfTokens(bits);
}

process.stdout.write(JSON.stringify({
  lists, records, issuers: {ed25519: ed25519.controller, p256: p256.controller}
}));
