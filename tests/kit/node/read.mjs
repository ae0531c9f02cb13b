// Reads what a running service publishes with libraries that are not this project's, and writes what they found
// as one JSON object.
//
//   node read.mjs QUESTIONS.json
//
// QUESTIONS.json: {"public": the service's public address, "listening": where it listens on this machine,
// "asked": {name: question}}. A question is one of
//   {"list": URL, "accept": media type}          any form of a list: who vouches for it and which entries are set
//   {"record": credential, "accept": media type} a whole credential, its lists had as that media type
// and its answer has "error" where a library found fault.

import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
// Both of these say how CBOR tag 18 is read, for all who read CBOR here: the one that comes last is the one that does.
import * as tokens from '@owf/token-status-list';
import * as cose from '@auth0/cose';
import * as jose from 'jose';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {createVerifyCryptosuite as ecdsaJcs} from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {createVerifyCryptosuite as eddsaJcs} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as bitstring from '@digitalbazaar/vc-bitstring-status-list';
import * as statusList2021 from '@digitalbazaar/vc-status-list';
import {getListFromStatusListJWT} from '@sd-jwt/jwt-status-list';
import {loaderWith, publicKey} from './common.mjs';

const SUITES = {
  'ecdsa-jcs-2019': ecdsaJcs(),
  'ecdsa-rdfc-2019': ecdsaRdfc,
  'eddsa-jcs-2022': eddsaJcs(),
  'eddsa-rdfc-2022': eddsaRdfc
};
const BITSTRING = 'application/vc';
const LIST_2021 = 'application/vc;type=StatusList2021Credential';

const questions = JSON.parse(readFileSync(process.argv[2], 'utf8'));

// ── The service, reached at the address where it listens ───────────────────────

async function fetched(url, accept) {
  if(!url.startsWith(`${questions.public}/`)) {
    throw new Error(`${url} is not an address of the service`);
  }
  const response = await fetch(questions.listening + url.slice(questions.public.length), {headers: {accept}});
  if(!response.ok) {
    throw new Error(`${url} answers ${response.status}`);
  }
  return {type: response.headers.get('content-type'), body: Buffer.from(await response.arrayBuffer())};
}

/** Return a list as it comes, which is to be what was asked for. */
async function listed(url, accept) {
  const {type, body} = await fetched(url, accept);
  if(type.split(';')[0] !== accept.split(';')[0]) {
    throw new Error(`${url} answers ${type} to ${accept}`);
  }
  return body;
}

/** Return the DID document at the https address that a did:web stands for, or the part that a fragment names. */
async function didWeb(url) {
  const [did, fragment] = url.split('#');
  const [host, ...path] = did.slice('did:web:'.length).split(':').map(decodeURIComponent);
  const {body} = await fetched(`https://${[host, ...path].join('/')}/did.json`, 'application/json');
  const found = JSON.parse(body);
  if(fragment === undefined) {
    return found;
  }
  const method = found.verificationMethod.find(({id}) => id === url);
  return method && {'@context': 'https://w3id.org/security/multikey/v1', ...method};
}

function loaderOfListsAs(accept) {
  return loaderWith(async url => url.startsWith('did:web:') ? didWeb(url) : JSON.parse(await listed(url, accept)));
}

const documentLoader = loaderOfListsAs(BITSTRING);

async function keyOf(kid) {
  return publicKey((await documentLoader(kid)).document);
}

function suiteOf(credential) {
  return new DataIntegrityProof({cryptosuite: SUITES[credential.proof.cryptosuite]});
}

// ── Whole credentials ──────────────────────────────────────────────────────────

/** Judge a credential; the bitstring library says what its status is and leaves it to the caller to mind. */
async function record(credential, accept) {
  const loader = loaderOfListsAs(accept);
  const checkStatus = accept === LIST_2021 ? statusList2021.checkStatus : bitstring.checkStatus;
  // Lists can be signed by another kind of key than records, so every suite is at hand.
  const suite = Object.values(SUITES).map(cryptosuite => new DataIntegrityProof({cryptosuite}));
  const result = await vc.verifyCredential({credential, suite, documentLoader: loader, checkStatus});
  const statuses = (result.statusResult?.results ?? []).map(({status, verified}) => status ?? !verified);
  const error = result.statusResult?.error ?? (statuses.includes(true) ? undefined : result.error);
  return {
    valid: result.verified && !statuses.includes(true),
    statuses,
    ...error && {error: `${error.message} ${(error.errors ?? []).map(each => each.message)}`}
  };
}

// ── Lists ──────────────────────────────────────────────────────────────────────

/** Return the entries that are set, as {index: value}. */
function set(length, valueOf) {
  const found = {};
  for(let index = 0; index < length; index++) {
    const value = Number(valueOf(index));
    if(value !== 0) {
      found[index] = value;
    }
  }
  return found;
}

async function flags({encodedList}, library) {
  const list = await library.decodeList({encodedList});
  return {length: list.length, set: set(list.length, index => list.getStatus(index))};
}

async function credentialList(credential, library) {
  const {verified, error} = await vc.verifyCredential({credential, suite: suiteOf(credential), documentLoader});
  if(!verified) {
    throw error.errors?.[0] ?? error;
  }
  const {credentialSubject: subject, issuer, proof} = credential;
  return {issuer, purpose: subject.statusPurpose, suite: proof.cryptosuite, ...await flags(subject, library)};
}

async function jwt(body, typ) {
  const {protectedHeader: {kid}, payload} = await jose.jwtVerify(
    body.toString('ascii'), async ({kid}) => keyOf(kid), {typ, algorithms: ['EdDSA', 'ES256', 'ES384']}
  );
  return {kid, payload};
}

function requireSame(one, other) {
  if(JSON.stringify(one) !== JSON.stringify(other)) {
    throw new Error('the libraries read the list differently');
  }
}

const READERS = {
  [BITSTRING]: async body => credentialList(JSON.parse(body), bitstring),
  [LIST_2021]: async body => credentialList(JSON.parse(body), statusList2021),
  'application/vc+jwt': async body => {
    const {kid, payload} = await jwt(body, 'vc+jwt');
    const {credentialSubject: subject, issuer} = payload;
    return {issuer, kid, purpose: subject.statusPurpose, ...await flags(subject, bitstring)};
  },
  'application/statuslist+jwt': async body => {
    const {kid, payload} = await jwt(body, 'statuslist+jwt');
    const one = getListFromStatusListJWT(body.toString('ascii'));
    const other = tokens.getListFromStatusListJWT(body.toString('ascii'));
    requireSame(one.statusList, other.statusList);
    const {iss, sub, ttl, exp, iat, status_list: {bits, aggregation_uri: all}} = payload;
    const {length} = one.statusList;
    return {
      issuer: iss, kid, sub, ttl, lasts: exp - iat, bits, all, length, set: set(length, at => one.getStatus(at))
    };
  },
  'application/statuslist+cwt': async body => {
    const message = await cose.Sign1.decode(body);
    const kid = Buffer.from(message.protectedHeaders.get(cose.Headers.KeyID)).toString('utf8');
    await message.verify(await keyOf(kid));
    const claims = tokens.StatusListCwtPayload.decode(message.payload);
    const {subject, timeToLive, statusList: list, issuedAt, expirationTime} = claims;
    const {length} = list.statusList;
    return {
      kid,
      typ: message.protectedHeaders.get(16),
      sub: subject,
      ttl: timeToLive,
      lasts: (expirationTime - issuedAt) / 1000,
      bits: list.getBitsPerStatus(),
      all: list.aggregationUri,
      length,
      set: set(length, at => list.getStatus(at))
    };
  }
};

async function answer({list, accept, record: credential}) {
  if(credential) {
    return record(credential, accept);
  }
  const body = await listed(list, accept);
  const reader = READERS[accept] ?? READERS[accept.split(';')[0]];
  return reader(body);
}

const answers = {};
for(const [name, question] of Object.entries(questions.asked)) {
  try {
    answers[name] = await answer(question);
  } catch(error) {
    answers[name] = {error: `${error.name}: ${error.message}`};
  }
}
process.stdout.write(JSON.stringify(answers));
