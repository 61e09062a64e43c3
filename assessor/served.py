"""Every address of served mode: the product's, and those of accounts, one by one."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, re_path

from assessor.urls import handler400, handler403, handler404, handler500
from assessor.urls import urlpatterns as product
from assessor.views import members as people_of
from assessor.views import operators, people, provider, second_step, sittings

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

accounts = [
    path("account/", people.account, name="account"),
    path("account/kept/", people.show_kept, name="kept"),
    path("account/first/<str:token>/", people.first, name="first_admin"),
    path("account/mail/", people.change_email, name="change_email"),
    path("account/mail/<str:token>/", people.confirm_email, name="confirm_email"),
    path("account/login/", account.login, name="account_login"),
    path("account/logout/", people.sign_out, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/signup/", account.signup, name="account_signup"),
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("account/reset/", account.password_reset, name="account_reset_password"),
    path("account/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    path("account/reset/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^account/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z_-]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("account/second/first/", second_step.first, name="second_step"),
    path("account/second/", mfa.index, name="mfa_index"),
    path("account/second/ask/", mfa.authenticate, name="mfa_authenticate"),
    path("account/second/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/second/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second/app/end/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/second/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/second/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/second/codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("account/passkeys/new/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/again/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("account/passkeys/<int:pk>/name/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove/", second_step.remove_passkey, name="mfa_remove_webauthn"),
    path("account/provider/", provider.begin, name="openid_connect_login"),
    path("account/provider/back/", provider.back, name="openid_connect_callback"),
    path("account/provider/connect/", provider.connect, name="connect_provider"),
    path("account/provider/disconnect/", provider.disconnect, name="disconnect_provider"),
    path("account/rest/", sittings.rest, name="rest"),
    path("account/sessions/", people.sessions, name="usersessions_list"),
]

members = [
    path("invitation/<str:token>/", people_of.invitation, name="invitation"),
    path("o/<uuid:organisation>/members/", people_of.index, name="members"),
    path("o/<uuid:organisation>/members/leave/", people_of.leave, name="leave"),
    path("o/<uuid:organisation>/members/second-step/", second_step.decide, name="decide_second_step"),
    path("o/<uuid:organisation>/members/<uuid:member>/", people_of.change, name="member"),
    path("o/<uuid:organisation>/members/<uuid:member>/remove/", people_of.remove, name="remove_member"),
    path(
        "o/<uuid:organisation>/members/invitations/<uuid:invitation>/revoke/",
        people_of.revoke,
        name="revoke_invitation",
    ),
]

installation = [
    path("installation/organisations/new/", operators.begin, name="begin_organisation"),
    path("installation/organisations/<uuid:gone>/delete/", operators.delete, name="delete_any_organisation"),
    path("installation/users/", operators.index, name="users"),
    path("installation/users/<uuid:user>/", operators.show, name="user"),
    path("installation/users/<uuid:user>/link/", operators.link, name="user_link"),
    path("installation/users/<uuid:user>/<slug:deed>/", operators.act, name="act_on_user"),
]

urlpatterns = [*accounts, *members, *installation, *product]
