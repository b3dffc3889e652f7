"""The reference city, for the tests of the command."""

from tests.reference_city import settings, shared_database
