from pathlib import Path

from ler_trust.model.policy import Policy
from ler_trust.model.records import Role
from ler_trust.web.api.policies import PolicyDescription
from tests.kit.running_service import good_badge, problem, running


def test_the_description_knows_every_member_of_a_policy_and_its_default() -> None:
    described = PolicyDescription(id="x", version=1).model_dump()
    made = Policy("x", 1, "")
    assert described == {name: getattr(made, name) for name in Policy.__dataclass_fields__}


async def test_the_built_in_policies_are_listed_and_cannot_be_changed(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ADMIN)
        listed = await (await service.client.get("/v1/policies", headers=headers)).json()
        assert [each["id"] for each in listed["policies"]] == ["default", "any-issuer", "proof-only"]
        refused = await service.client.put("/v1/policies/default", json={}, headers=headers)
        await problem(refused, 422, "request.invalid")


async def test_a_policy_is_stored_in_versions_and_used_by_name(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ADMIN)
        for version in (1, 2):
            members = {"description": "ours", "issuer": version == 1}
            stored = await service.client.put("/v1/policies/ours", json=members, headers=headers)
            assert (await stored.json())["version"] == version
        found = await (await service.client.get("/v1/policies/ours", headers=headers)).json()
        assert (found["version"], found["issuer"], found["clock_skew"]) == (2, False, 120)
        body = b'{"policy":"ours","items":[{"credential":' + good_badge() + b"}]}"
        answer = await (await service.post("/v1/verify", body, headers)).json()
        assert answer["policy"] == {"id": "ours", "version": 2}
        assert answer["results"][0]["outcome"] == "valid"


async def test_a_policy_that_cannot_be_is_refused_with_a_pointer(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.GOVERNOR)
        for members, pointer in (
            ({"statsu": False}, "/statsu"),
            ({"clock_skew": -1}, "/clock_skew"),
            ({"authorised_when": "sometimes"}, "/authorised_when"),
        ):
            response = await service.client.put("/v1/policies/ours", json=members, headers=headers)
            assert (await problem(response, 422, "request.invalid"))["pointer"] == pointer
        response = await service.client.put("/v1/policies/ours", json=[], headers=headers)
        await problem(response, 400, "request.malformed")
        await problem(
            await service.client.get("/v1/policies/ours", headers=await service.headers(Role.VERIFIER)),
            404,
            "request.not_found",
        )
