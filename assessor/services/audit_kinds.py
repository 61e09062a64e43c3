"""What the audit trail knows: every kind of event with its words, and the only facts each may hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from assessor.errors import N_


@dataclass(frozen=True)
class Kind:
    """A kind of event: its group in the filter, what it says, and the names of the facts it may carry."""

    group: str
    says: str
    facts: frozenset[str] = frozenset()


def _kinds(group: str, *rows: tuple[str, ...]) -> dict[str, Kind]:
    return {name: Kind(group, says, frozenset(facts)) for name, says, *facts in rows}


GROUPS: Mapping[str, str] = {
    "sign-in": N_("Signing in"),
    "people": N_("Members and roles"),
    "keys": N_("Keys and tokens"),
    "probes": N_("Probes and drills"),
    "data": N_("Downloads, exports and imports"),
    "work": N_("Assessments"),
    "settings": N_("Settings"),
    "installation": N_("Installation"),
}

KINDS: Mapping[str, Kind] = {
    **_kinds(
        "sign-in",
        ("person.signed_in", N_("Signed in"), "how"),
        ("person.sign_in_failed", N_("Failed to sign in"), "how", "reason"),
        ("person.signed_out", N_("Signed out")),
        ("person.session_over", N_("Was signed out by the end of the session"), "reason"),
        ("person.mail_changed", N_("Changed the mail address to sign in with")),
        ("person.sessions_ended", N_("Ended every session"), "count"),
        ("person.connected", N_("Connected an account with the sign-in provider")),
        ("person.disconnected", N_("Took an account's connection with the sign-in provider away")),
        ("person.came_in", N_("Opened the organisation, for the first time since signing in")),
        ("person.password_changed", N_("Changed the password")),
        ("person.password_reset", N_("Set a new password by a link")),
        ("person.password_link_made", N_("Made a link for a new password")),
        ("person.second_factor_added", N_("Added a way to sign in"), "factor"),
        ("person.second_factor_removed", N_("Removed a way to sign in"), "factor"),
        ("person.recovery_codes_made", N_("Made new recovery codes")),
    ),
    **_kinds(
        "people",
        ("person.account_made", N_("An account was made"), "operator"),
        ("person.account_closed", N_("An account was closed")),
        ("person.account_opened", N_("An account was opened again")),
        ("person.operator_made", N_("Became an operator")),
        ("person.operator_ended", N_("Is no operator any more")),
        ("member.invited", N_("Invited somebody"), "role", "limited", "until", "mail"),
        ("member.invitation_revoked", N_("Took an invitation back"), "role", "mail"),
        ("member.joined", N_("Joined"), "role", "limited", "until"),
        ("member.changed", N_("Changed a membership"), "role", "limited", "until", "role_before", "until_before"),
        ("member.removed", N_("Ended a membership"), "role"),
        ("member.left", N_("Left"), "role"),
    ),
    **_kinds(
        "keys",
        ("key.set", N_("Set the key of an endpoint"), "mode", "field"),
        ("key.changed", N_("Changed the key of an endpoint"), "mode", "mode_before", "field"),
        ("key.removed", N_("Removed the key of an endpoint"), "mode_before", "field", "reason"),
        ("token.made", N_("Made an upload token"), "token"),
        ("token.revoked", N_("Revoked an upload token"), "token"),
        ("keys.rotated", N_("Sealed stored keys anew"), "key", "resealed", "unreadable"),
    ),
    **_kinds(
        "probes",
        ("endpoint.registered", N_("Registered an endpoint"), "host"),
        ("endpoint.changed", N_("Changed an endpoint"), "host"),
        ("endpoint.removed", N_("Took an endpoint out")),
        ("endpoint.restored", N_("Brought an endpoint back")),
        ("endpoint.duplicated", N_("Duplicated an endpoint")),
        ("endpoint.deleted", N_("Deleted an endpoint")),
        ("endpoint.erased", N_("Removed an endpoint for good")),
        ("probe.started", N_("Started a probe"), "run", "host"),
        ("probe.stopped", N_("Stopped a probe"), "run"),
        ("probe.imported", N_("Added the result of a probe"), "run", "signed", "token"),
        ("probe.plan_made", N_("Made a plan for a prober elsewhere"), "until"),
        ("schedule.made", N_("Agreed to repeated probes"), "every_hours", "until"),
        ("schedule.ended", N_("Ended repeated probes"), "reason"),
        ("drill.started", N_("Started a drill"), "run", "drill"),
        ("drill.stopped", N_("Stopped a drill"), "run"),
        ("drill.imported", N_("Added the record of a drill"), "run", "drill", "token"),
    ),
    **_kinds(
        "data",
        ("data.downloaded", N_("Downloaded a file"), "page", "file"),
        ("data.imported", N_("Imported a file"), "about", "file", "count"),
        ("organisation.exported", N_("Exported the organisation"), "file"),
        ("retention.carried_out", N_("Took away what was kept long enough"), "about", "count"),
        ("organisation.imported", N_("Imported an organisation"), "file", "count"),
        ("file.attached", N_("Attached a file"), "file", "question"),
        ("file.refused", N_("Was refused a file by the scanner"), "file", "reason"),
    ),
    **_kinds(
        "work",
        ("assessment.started", N_("Started an assessment"), "scope"),
        ("assessment.duplicated", N_("Duplicated an assessment")),
        ("assessment.archived", N_("Archived an assessment")),
        ("assessment.unarchived", N_("Took an assessment out of the archive")),
        ("assessment.deleted", N_("Deleted an assessment")),
        ("assessment.restored", N_("Brought an assessment back")),
        ("assessment.erased", N_("Removed an assessment for good")),
        ("assessment.submitted", N_("Submitted an assessment for review"), "round"),
        ("assessment.returned", N_("Returned an assessment with remarks"), "round", "count"),
        ("assessment.withdrawn", N_("Took an assessment back from review"), "round"),
        ("assessment.signed_off", N_("Signed an assessment off"), "round", "sha256"),
        ("assessment.reopened", N_("Began a new round of an assessment"), "round"),
        ("assessment.carried_over", N_("Carried an assessment over to a newer questionnaire"), "version"),
        ("template.saved", N_("Saved an assessment as a template"), "template"),
        ("template.changed", N_("Changed a template")),
        ("template.deleted", N_("Deleted a template")),
        ("template.used", N_("Began an assessment from a template"), "template"),
        ("questions.assigned", N_("Asked somebody to answer questions"), "who", "count", "until"),
        ("questions.taken_back", N_("Took questions back from somebody"), "who"),
        ("move.owner_set", N_("Said who sees to a move of the roadmap"), "question", "who", "until", "state"),
        ("comment.made", N_("Commented on a question"), "question"),
        ("report.issued", N_("Issued a report"), "report", "version"),
    ),
    **_kinds(
        "settings",
        ("organisation.founded", N_("Founded the organisation")),
        ("organisation.changed", N_("Changed the organisation's facts")),
        ("organisation.second_step_required", N_("Made a second step compulsory for members")),
        ("organisation.second_step_left", N_("Left a second step to the members again")),
        ("brand.changed", N_("Changed the brand of reports")),
        ("brand.forgotten", N_("Took back the brand of an assessment")),
        ("report.settings_changed", N_("Changed the settings of reports")),
        ("report.words_changed", N_("Changed the words of reports"), "part", "language"),
        ("questionnaire.added", N_("Added a questionnaire"), "version"),
        ("questionnaire.withdrawn", N_("Withdrew a questionnaire"), "version"),
        ("retention.changed", N_("Changed how long things are kept"), "about", "days", "days_before"),
        ("settings.changed", N_("Changed a setting"), "setting"),
    ),
    **_kinds(
        "installation",
        ("trail.begun", N_("The audit trail of an organisation began")),
        ("organisation.deleted", N_("Deleted an organisation for good"), "events", "head"),
        ("backup.made", N_("Made a backup"), "file"),
        ("backup.restored", N_("Restored a backup"), "file", "made_at"),
    ),
}

# The names of facts as a reader sees them.
FACTS: Mapping[str, str] = {
    "about": N_("About"),
    "count": N_("Number"),
    "days": N_("Days"),
    "days_before": N_("Days before"),
    "drill": N_("Drill"),
    "events": N_("Events in its trail"),
    "every_hours": N_("Every so many hours"),
    "factor": N_("Way"),
    "field": N_("Of"),
    "file": N_("File"),
    "head": N_("Last hash of its trail"),
    "host": N_("Address"),
    "how": N_("How"),
    "key": N_("Key"),
    "language": N_("Language"),
    "limited": N_("Only what is assigned"),
    "made_at": N_("Made at"),
    "mail": N_("Mail address"),
    "mode": N_("Kept"),
    "mode_before": N_("Kept before"),
    "operator": N_("Operator"),
    "page": N_("Page"),
    "part": N_("Part"),
    "question": N_("Question"),
    "reason": N_("Reason"),
    "report": N_("Report"),
    "resealed": N_("Sealed anew"),
    "role": N_("Role"),
    "role_before": N_("Role before"),
    "round": N_("Round"),
    "run": N_("Run"),
    "scope": N_("Scope"),
    "setting": N_("Setting"),
    "sha256": N_("SHA-256"),
    "state": N_("State"),
    "signed": N_("Plan of this installation"),
    "template": N_("Template"),
    "token": N_("Token"),
    "unreadable": N_("Unreadable"),
    "until": N_("Until"),
    "until_before": N_("Until before"),
    "version": N_("Version"),
    "who": N_("Who"),
}

# What stands for the codes that some facts hold.
VALUES: Mapping[str, Mapping[str, str]] = {
    "role": {
        "owner": N_("Owner"),
        "assessor": N_("Assessor"),
        "contributor": N_("Contributor"),
        "viewer": N_("Viewer"),
    },
    "how": {
        "password": N_("Password"),
        "mfa": N_("Second factor"),
        "passkey": N_("Passkey"),
        "socialaccount": N_("Sign-in provider"),
        "invitation": N_("Invitation"),
    },
    "factor": {
        "totp": N_("App for one-time codes"),
        "recovery_codes": N_("Recovery codes"),
        "webauthn": N_("Passkey"),
    },
    "mode": {
        "none": N_("No key"),
        "once": N_("Asked for at each run"),
        "stored": N_("Stored, sealed"),
        "reference": N_("Read from the server"),
    },
    "state": {"planned": N_("planned"), "started": N_("started"), "done": N_("done")},
    "scope": {"quick": N_("Quick scan"), "full": N_("Full questionnaire")},
    "reason": {
        "password": N_("The mail address or the password is wrong"),
        "second factor": N_("The second factor is wrong"),
        "rest": N_("Nothing was done for a while"),
        "age": N_("It was as old as sessions become"),
        "moved": N_("The address leads to another server now"),
        "not scanned": N_("It could not be scanned"),
    },
}
