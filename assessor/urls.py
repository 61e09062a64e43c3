"""Every address of the product."""

from django.conf import settings
from django.urls import include, path

from assessor.views import (
    assessments,
    because,
    crosswalks,
    disputes,
    drill_results,
    drills,
    endpoints,
    errors,
    evidence,
    method,
    probes,
    questionnaires,
    questions,
    reports,
    roadmap,
    site,
    what_if,
    workloads,
)

assessment = [
    path("", assessments.overview, name="assessment"),
    path("scope/", assessments.scope, name="scope"),
    path("newer/", questionnaires.newer, name="newer_version"),
    path("widen/", assessments.widen, name="widen"),
    path("workloads/new/", workloads.new, name="new_workload"),
    path("workloads/<uuid:workload>/", workloads.change, name="change_workload"),
    path("workloads/<uuid:workload>/remove/", workloads.remove, name="remove_workload"),
    path("questions/", questions.resume, name="questions"),
    path("question/<str:question>/", questions.to_question, name="question"),
    path("because/<slug:dimension>/", because.show, name="because"),
    path("crosswalk/<slug:framework>/", crosswalks.show, name="crosswalk"),
    path("crosswalk/<slug:framework>/start/", crosswalks.start, name="start_beside"),
    path("all-questions/", questions.listing, name="listing"),
    path("questions/<slug:dimension>/", questions.dimension, name="dimension"),
    path("answers/<str:question>/", questions.save, name="save_answer"),
    path("evidence/", evidence.register, name="evidence_register"),
    path("evidence/<str:question>/", evidence.show, name="evidence"),
    path("evidence/confirm/<uuid:evidence>/", evidence.confirm, name="confirm_evidence"),
    path("evidence/remove/<uuid:evidence>/", evidence.remove, name="remove_evidence"),
    path("evidence/restore/<uuid:evidence>/", evidence.restore, name="restore_evidence"),
    path("evidence/files/<uuid:evidence>/", evidence.add_file, name="add_evidence_file"),
    path("evidence/files/<uuid:evidence>/delete/", evidence.delete_files, name="delete_evidence_files"),
    path("attachments/<uuid:attachment>/", evidence.download, name="attachment"),
    path("disputes/<uuid:dispute>/decide/", disputes.decide, name="decide_dispute"),
    path("disputes/<uuid:dispute>/withdraw/", disputes.withdraw, name="withdraw_dispute"),
    path("findings/<uuid:endpoint>/<str:code>/", disputes.show, name="disputed_finding"),
    path("endpoints/", endpoints.index, name="endpoints"),
    path("endpoints/new/", endpoints.new, name="new_endpoint"),
    path("endpoints/<uuid:role>/", endpoints.show, name="endpoint"),
    path("endpoints/<uuid:role>/change/", endpoints.change, name="change_endpoint"),
    path("endpoints/<uuid:role>/remove/", endpoints.remove, name="remove_endpoint"),
    path("endpoints/<uuid:role>/probe/", probes.start, name="start_probe"),
    path("endpoints/<uuid:role>/probes/<uuid:run>/", probes.show, name="probe"),
    path("endpoints/<uuid:role>/probes/<uuid:run>/stop/", probes.stop, name="stop_probe"),
    path("endpoints/<uuid:role>/probes/<uuid:run>/result.json", probes.download, name="probe_json"),
    path("endpoints/<uuid:role>/drills/exit/", drills.new_exit, name="new_exit_drill"),
    path("endpoints/<uuid:role>/drills/disconnect/", drills.new_disconnect, name="new_disconnect_drill"),
    path("endpoints/<uuid:role>/drills/plans/<uuid:plan>/", drills.plan, name="drill_plan"),
    path("endpoints/<uuid:role>/drills/<uuid:run>/", drills.show, name="drill"),
    path("endpoints/<uuid:role>/drills/<uuid:run>/stop/", drills.stop, name="stop_drill"),
    path("endpoints/<uuid:role>/drills/<uuid:run>/result.json", drills.download, name="drill_json"),
    path("endpoints/<uuid:role>/drills/<uuid:run>/join/", drill_results.join, name="join_drill"),
    path("endpoints/<uuid:role>/drills/<uuid:run>/attach/", drill_results.attach, name="attach_drill"),
    path("roadmap/", roadmap.show, name="roadmap"),
    path("roadmap/targets/", roadmap.targets, name="targets"),
    path("what-if/", what_if.show, name="what_if"),
    path("what-if/keep/", what_if.keep, name="keep_what_if"),
    path("report/", reports.show, name="report"),
    path("report/model.json", reports.model_json, name="report_json"),
    path("reports/", reports.index, name="reports"),
    path("reports/make/", reports.make, name="make_report"),
    path("reports/<uuid:report>/", reports.status, name="report_status"),
    path("reports/<uuid:report>/file/", reports.download, name="report_file"),
]

urlpatterns = [
    path("", site.home, name="home"),
    path("start/", assessments.start, name="start"),
    path("about/", site.about, name="about"),
    path("method/", method.method, name="method"),
    path("method/<slug:name>/", method.method, name="method_of"),
    path("glossary/", method.glossary, name="glossary"),
    path("glossary/<slug:name>/", method.glossary, name="glossary_of"),
    path("theme/", site.theme, name="theme"),
    path("language/", site.language, name="language"),
    path("favicon.ico", site.favicon, name="favicon"),
    path("o/<uuid:organisation>/start/", assessments.start_in, name="start_in"),
    path("o/<uuid:organisation>/questionnaires/", questionnaires.index, name="questionnaires"),
    path("o/<uuid:organisation>/questionnaires/<slug:content_hash>/", questionnaires.show, name="questionnaire"),
    path(
        "o/<uuid:organisation>/questionnaires/<uuid:version>/withdraw/",
        questionnaires.withdraw,
        name="withdraw_questionnaire",
    ),
    path("o/<uuid:organisation>/a/<uuid:assessment>/", include(assessment)),
]

if settings.DEBUG:
    urlpatterns.append(path("styleguide/", site.styleguide, name="styleguide"))

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
