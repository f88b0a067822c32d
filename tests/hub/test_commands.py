"""What the commands say to an operator."""

from click.testing import CliRunner

from hub.cli import main


def test_a_database_that_is_away_is_one_sentence(tmp_path):
    away = "postgresql://hub_app@127.0.0.1:1/hub"
    environ = {"DATABASE_URL": away, "HUB_HOME": str(tmp_path)}

    said = CliRunner().invoke(main, ["keys", "list"], env=environ)

    assert said.exit_code == 1
    assert said.output == "Error: The database was away for a moment.\n"
