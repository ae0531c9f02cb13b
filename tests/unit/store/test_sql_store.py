"""The SQL store keeps the contract on both databases."""

import pytest

from ler_trust.contracts import Store
from ler_trust.store.sql import SqlStore
from tests.kit.store_contract import StoreContract


class TestSqlStore(StoreContract):
    @pytest.fixture
    def store(self, sql_store: SqlStore) -> Store:
        return sql_store
