"""The command that appoints the first officers."""

from click.testing import CliRunner

from hub.cli import main


def test_officers_are_appointed_listed_and_ended_from_the_shell(settings, city, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_HOME", str(settings.home))
    run, person = CliRunner().invoke, city.citizen("sun").id
    wanted = ["officers", "appoint", "--person", person, "--name", "Sun Li (synthetic)", "--role"]

    made = run(main, [*wanted, "identity:administrator"])
    assert made.exit_code == 0, made.output
    appointment = made.output.strip()
    listed = next(
        line for line in run(main, ["officers", "list"]).output.splitlines() if appointment in line
    )
    assert listed.split("\t")[1:4] == ["in force", "identity:administrator", "Sun Li (synthetic)"]

    assert run(main, ["officers", "end", appointment]).exit_code == 0
    assert f"{appointment}\tended" in run(main, ["officers", "list"]).output

    unknown = run(main, [*wanted, "identity:king"])
    assert unknown.exit_code == 1
    assert "identity:administrator" in unknown.output
    nobody = run(main, ["officers", "end", "appointment_0"])
    assert nobody.exit_code == 1
