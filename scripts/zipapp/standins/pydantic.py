"""Stands in for pydantic inside the prober's one file: the few parts that its records use, in pure Python.

The application and the installed prober use pydantic itself; only `make zipapp` puts this module in its place, so that
the file runs without compiled parts. Whatever is not known here raises when a class is first used, and the build uses
every class (`scripts/zipapp/build.py`). `tests/zipapp/test_standin.py` holds both side by side.
"""

import copy
import inspect
import json
import re
import types
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Check = Callable[[Any], Any]
_MISSING: Any = object()
_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")


class ValidationError(ValueError):
    """Every fault of a value: `errors()` gives type, place, message and input of each."""

    def __init__(self, title: str, faults: list[dict[str, Any]]) -> None:
        self.title = title
        self._faults = faults
        lines = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in faults]
        super().__init__("\n".join([f"{len(faults)} validation errors for {title}", *lines]))

    def errors(self, **_options: object) -> list[dict[str, Any]]:
        """Return the faults."""
        return list(self._faults)


class _Fault(Exception):
    """One or more faults below the value that is looked at."""

    def __init__(self, faults: list[dict[str, Any]]) -> None:
        self.faults = faults


def _fault(kind: str, message: str, value: object, loc: tuple[Any, ...] = ()) -> _Fault:
    return _Fault([{"type": kind, "loc": loc, "msg": message, "input": value}])


def _below(fault: _Fault, part: object) -> list[dict[str, Any]]:
    return [{**one, "loc": (part, *one["loc"])} for one in fault.faults]


class FieldInfo:
    """What is known of a field: its default and its limits."""

    def __init__(
        self, default: Any = _MISSING, default_factory: Callable[[], Any] | None = None, **limits: Any
    ) -> None:
        unknown = set(limits) - {*_LIMITS, "description", "title"}
        if unknown:
            raise TypeError(f"the stand-in for pydantic does not know {sorted(unknown)}")
        self.default = _MISSING if default is ... else default
        self.default_factory = default_factory
        self.limits = {name: limits[name] for name in _LIMITS if limits.get(name) is not None}

    @property
    def required(self) -> bool:
        """Whether a value has to be given."""
        return self.default is _MISSING and self.default_factory is None

    def made(self) -> Any:
        """Return the default, a copy of its own where it could be changed."""
        if self.default_factory is not None:
            return self.default_factory()
        return copy.deepcopy(self.default) if isinstance(self.default, list | dict | set) else self.default


def Field(default: Any = _MISSING, **facts: Any) -> Any:  # noqa: N802 - pydantic's name
    """Say default and limits of a field."""
    return FieldInfo(default, **facts)


class ConfigDict(dict[str, Any]):
    """The settings of a class: `frozen` and `extra` count."""


class AfterValidator:
    """A check that runs behind the type's own."""

    def __init__(self, func: Check) -> None:
        self.func = func


class BeforeValidator(AfterValidator):
    """A change made before the type's own check."""


class _Marked:
    """A method that checks a field or the whole; it stays an ordinary method of its class."""

    def __init__(self, func: Any, fields: tuple[str, ...], mode: str) -> None:
        self.func, self.fields, self.mode = func, fields, mode

    def __set_name__(self, owner: type, name: str) -> None:
        setattr(owner, name, self.func)
        own = owner.__dict__.get("__checks__")
        if own is None:
            own = list(getattr(owner, "__checks__", ()))
            owner.__checks__ = own  # type: ignore[attr-defined]
        own.append((name, self.fields, self.mode))


def field_validator(*fields: str, mode: str = "after") -> Callable[[Any], Any]:
    """Mark a class method that checks fields."""
    return lambda func: _Marked(func, fields, mode)


def model_validator(*, mode: str) -> Callable[[Any], Any]:
    """Mark a method that checks the whole."""
    return lambda func: _Marked(func, (), mode)


def _run(check: Check, value: Any) -> Any:
    try:
        return check(value)
    except ValidationError as error:
        raise _Fault(error.errors()) from error
    except (ValueError, AssertionError) as error:
        kind, word = (
            ("value_error", "Value error") if isinstance(error, ValueError) else ("assertion_error", "Assertion failed")
        )
        raise _fault(kind, f"{word}, {error}", value) from error


def _limited(limits: dict[str, Any]) -> Check:
    pattern = limits.get("pattern")
    # `$` means the very end, as in the other's regular expressions.
    wanted = re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", pattern)) if pattern else None
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "ge": lambda value, limit: value >= limit,
        "gt": lambda value, limit: value > limit,
        "le": lambda value, limit: value <= limit,
        "lt": lambda value, limit: value < limit,
        "min_length": lambda value, limit: len(value) >= limit,
        "max_length": lambda value, limit: len(value) <= limit,
    }

    def check(value: Any) -> Any:
        if value is None:
            # What may be left out has no limits; what may not was refused by its type.
            return value
        for name, limit in limits.items():
            if name == "pattern":
                if wanted and not wanted.search(value):
                    raise _fault("string_pattern_mismatch", f"String should match pattern '{pattern}'", value)
            elif not tests[name](value, limit):
                raise _fault(name, f"{name} {limit} does not hold", value)
        return value

    return check


def _str(value: Any) -> Any:
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    raise _fault("string_type", "Input should be a valid string", value)


def _bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "1": True, "t": True, "y": True}
    words |= {"false": False, "no": False, "off": False, "0": False, "f": False, "n": False}
    known = (
        words.get(str(value).lower())
        if isinstance(value, str)
        else {0: False, 1: True}.get(value)
        if isinstance(value, int | float)
        else None
    )
    if known is None:
        raise _fault("bool_parsing", "Input should be a valid boolean", value)
    return known


def _number(kind: type, name: str) -> Check:
    def check(value: Any) -> Any:
        if isinstance(value, bool):
            return kind(value)
        if type(value) is kind:
            return value
        try:
            if isinstance(value, int | float | str) and (
                kind is float or isinstance(value, str) or int(value) == value
            ):
                return kind(value)
        except (ValueError, OverflowError):
            pass
        raise _fault(f"{name}_parsing", f"Input should be a valid {name}", value)

    return check


def _moment(kind: Any) -> Check:
    def check(value: Any) -> Any:
        if type(value) is kind:
            return value
        try:
            if isinstance(value, str):
                return kind.fromisoformat(value)
        except ValueError:
            pass
        raise _fault(f"{kind.__name__}_parsing", f"Input should be a valid {kind.__name__}", value)

    return check


def _literal(options: tuple[Any, ...]) -> Check:
    def check(value: Any) -> Any:
        for option in options:
            if value == option and isinstance(value, bool) == isinstance(option, bool):
                return option
        raise _fault("literal_error", f"Input should be {' or '.join(repr(one) for one in options)}", value)

    return check


def _enum(kind: type[Enum]) -> Check:
    def check(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError as error:
            raise _fault("enum", f"Input should be one of {[one.value for one in kind]}", value) from error

    return check


def _each(values: Any, checks: Callable[[int], Check], make: Callable[[list[Any]], Any]) -> Any:
    made, faults = [], []
    for number, value in enumerate(values):
        try:
            made.append(_run(checks(number), value))
        except _Fault as fault:
            faults += _below(fault, number)
    if faults:
        raise _Fault(faults)
    return make(made)


def _sequence(kind: Any, arguments: tuple[Any, ...]) -> Check:
    of_one = kind is not tuple or (len(arguments) == 2 and arguments[1] is ...)
    checks = [_check_of(one) for one in arguments if one is not ...]

    def check(value: Any) -> Any:
        if not isinstance(value, list | tuple | set | frozenset) or (kind in {list, tuple} and isinstance(value, set)):
            raise _fault(f"{kind.__name__}_type", f"Input should be a valid {kind.__name__}", value)
        if not of_one and len(value) != len(checks):
            raise _fault("missing", f"{len(checks)} items are needed", value)
        return _each(value, lambda number: checks[0 if of_one else number], kind)

    return check


def _mapping(arguments: tuple[Any, ...]) -> Check:
    of_key, of_value = (_check_of(one) for one in arguments)

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _fault("dict_type", "Input should be a valid dictionary", value)
        made, faults = {}, []
        for key, inner in value.items():
            try:
                made[_run(of_key, key)] = _run(of_value, inner)
            except _Fault as fault:
                faults += _below(fault, key)
        if faults:
            raise _Fault(faults)
        return made

    return check


def _fits(kind: Any, value: Any) -> bool:
    """Tell whether a value is one of a type as it stands, so that a union takes it before it changes anything."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _fits(get_args(kind)[0], value)
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in get_args(kind))
    plain = origin or kind
    if plain is type(None):
        return value is None
    return isinstance(plain, type) and type(value) is plain


def _union(members: tuple[Any, ...]) -> Check:
    checks = [(one, _check_of(one)) for one in members]

    def check(value: Any) -> Any:
        first: _Fault | None = None
        for _kind, one in sorted(checks, key=lambda pair: not _fits(pair[0], value)):
            try:
                return _run(one, value)
            except _Fault as fault:
                first = first or fault
        raise first or _fault("union", "nothing fits", value)

    return check


def _annotated(inner: Any, extras: tuple[Any, ...]) -> Check:
    before, after = [], [_check_of(inner)]
    for extra in extras:
        if isinstance(extra, FieldInfo):
            after.append(_limited(extra.limits))
        elif isinstance(extra, BeforeValidator):
            before.insert(0, extra.func)
        elif isinstance(extra, AfterValidator):
            after.append(extra.func)
        elif not isinstance(extra, str):
            raise TypeError(f"the stand-in for pydantic does not know {extra!r}")

    def check(value: Any) -> Any:
        for one in [*before, *after]:
            value = _run(one, value)
        return value

    return check


def _check_of(kind: Any) -> Check:
    """Return the check of a type; raises TypeError for one that is not known here."""
    plain: dict[Any, Check] = {
        Any: lambda value: value,
        object: lambda value: value,
        str: _str,
        bool: _bool,
        int: _number(int, "integer"),
        float: _number(float, "number"),
        date: _moment(date),
        datetime: _moment(datetime),
        type(None): _literal((None,)),
        None: _literal((None,)),
    }
    if kind in plain:
        return plain[kind]
    if kind is dict:
        return _mapping((Any, Any))
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin is Literal:
        return _literal(arguments)
    if origin in {Union, types.UnionType}:
        return _union(arguments)
    if origin in {tuple, list, set, frozenset}:
        return _sequence(origin, arguments)
    if origin is dict:
        return _mapping(arguments)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind._take
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    raise TypeError(f"the stand-in for pydantic does not know the type {kind!r}")


Self = TypeVar("Self", bound="BaseModel")


class BaseModel:
    """A record whose fields are checked when it is made."""

    model_config: ClassVar[ConfigDict] = ConfigDict()
    model_fields: ClassVar[dict[str, FieldInfo]] = {}

    def __init_subclass__(cls, **_options: object) -> None:
        super().__init_subclass__()
        inherited: dict[str, Any] = {}
        for base in reversed(cls.__mro__[1:]):
            inherited |= base.__dict__.get("model_config", {})
        cls.model_config = ConfigDict(inherited | cls.__dict__.get("model_config", {}))
        fields = dict(cls.model_fields)
        for name, note in inspect.get_annotations(cls).items():
            if name.startswith("_") or name == "model_config" or "ClassVar" in str(note):
                continue
            given = cls.__dict__.get(name, _MISSING)
            fields[name] = given if isinstance(given, FieldInfo) else FieldInfo(given)
            if isinstance(given, FieldInfo):
                # The class carries no field as an attribute, or its absence would go unseen.
                delattr(cls, name)
        cls.model_fields = fields

    @classmethod
    def _checks(cls) -> dict[str, Check]:
        made = cls.__dict__.get("__made_checks__")
        if made is None:
            hints = get_type_hints(cls, include_extras=True)
            made = {}
            for name, info in cls.model_fields.items():
                inner = _check_of(hints[name])
                made[name] = _chained(inner, _limited(info.limits)) if info.limits else inner
            cls.__made_checks__ = made  # type: ignore[attr-defined]
        return made

    @classmethod
    def _marked(cls, mode: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(name, fields) for name, fields, when in getattr(cls, "__checks__", ()) if when == mode]

    @classmethod
    def _take(cls: type[Self], value: Any) -> Self:
        if isinstance(value, cls):
            return value
        for name, fields in cls._marked("before"):
            if not fields:
                value = _run(getattr(cls, name), value)
        if not isinstance(value, dict):
            raise _fault("model_type", f"Input should be a valid dictionary or instance of {cls.__name__}", value)
        return cls._filled(value)

    @classmethod
    def _filled(cls: type[Self], given: dict[str, Any]) -> Self:
        values, faults = {}, []
        for name, check in cls._checks().items():
            info = cls.model_fields[name]
            if name not in given:
                if info.required:
                    faults += _fault("missing", "Field required", given, (name,)).faults
                else:
                    values[name] = info.made()
                continue
            try:
                values[name] = cls._field(name, check, given[name])
            except _Fault as fault:
                faults += _below(fault, name)
        if cls.model_config.get("extra") == "forbid":
            for name, value in given.items():
                if name not in cls.model_fields:
                    faults += _fault("extra_forbidden", "Extra inputs are not permitted", value, (name,)).faults
        if faults:
            raise _Fault(faults)
        made = cls.model_construct(**values)
        made.__dict__["__given__"] = frozenset(given) & set(cls.model_fields)
        for name, fields in cls._marked("after"):
            if not fields:
                made = _run(getattr(type(made), name), made)
        return made

    @classmethod
    def _field(cls, name: str, check: Check, value: Any) -> Any:
        for method, fields in cls._marked("before"):
            if name in fields:
                value = _run(getattr(cls, method), value)
        value = _run(check, value)
        for method, fields in cls._marked("after"):
            if name in fields:
                value = _run(getattr(cls, method), value)
        return value

    def __init__(self, **given: Any) -> None:
        try:
            made = self._filled(given)
        except _Fault as fault:
            raise ValidationError(type(self).__name__, fault.faults) from None
        self.__dict__.update(made.__dict__)

    @classmethod
    def model_validate(cls: type[Self], value: Any) -> Self:
        """Return the record that a value describes; raises `ValidationError`."""
        try:
            return cls._take(value)
        except _Fault as fault:
            raise ValidationError(cls.__name__, fault.faults) from None

    @classmethod
    def model_validate_json(cls: type[Self], text: str | bytes) -> Self:
        """Return the record that a JSON text describes; raises `ValidationError`."""
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ValidationError(
                cls.__name__, _fault("json_invalid", f"Invalid JSON: {error}", text).faults
            ) from error
        return cls.model_validate(value)

    @classmethod
    def model_construct(cls: type[Self], **values: Any) -> Self:
        """Return a record without checking anything."""
        made = cls.__new__(cls)
        for name, info in cls.model_fields.items():
            if name in values or not info.required:
                made.__dict__[name] = values[name] if name in values else info.made()
        return made

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """Return the schema that the other wrote when this file was built."""
        known = json.loads(files("assessor.probes").joinpath("schemas.json").read_bytes())
        return known[f"{cls.__module__}.{cls.__qualname__}"]  # type: ignore[no-any-return]

    def model_copy(self: Self, *, update: dict[str, Any] | None = None) -> Self:
        """Return a copy with some fields changed, unchecked."""
        made = type(self).__new__(type(self))
        made.__dict__.update({name: self.__dict__[name] for name in self.model_fields})
        made.__dict__.update(update or {})
        return made

    def model_dump(self, *, mode: str = "python", exclude: Any = ()) -> dict[str, Any]:
        """Return the fields as plain values; with mode "json" as JSON has them."""
        return {name: _plain(self.__dict__[name], mode) for name in self.model_fields if name not in exclude}

    def model_dump_json(self, *, indent: int | None = None) -> str:
        """Return the fields as JSON."""
        tight = None if indent else (",", ":")
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=indent, separators=tight)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.model_config.get("frozen"):
            raise ValidationError(
                type(self).__name__, _fault("frozen_instance", "Instance is frozen", value, (name,)).faults
            )
        self.__dict__[name] = value

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, name) == getattr(other, name) for name in self.model_fields
        )

    def __hash__(self) -> int:
        if not self.model_config.get("frozen"):
            raise TypeError(f"unhashable type: {type(self).__name__!r}")
        return hash((type(self), *(self.__dict__[name] for name in self.model_fields)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.model_fields)})"


def _chained(first: Check, second: Check) -> Check:
    return lambda value: second(first(value))


def _plain(value: Any, mode: str) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode=mode)
    if isinstance(value, dict):
        return {_plain(key, mode): _plain(inner, mode) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        made = [_plain(one, mode) for one in value]
        return made if mode == "json" else type(value)(made)
    if mode == "json" and isinstance(value, Enum):
        return value.value
    if mode == "json" and isinstance(value, date | datetime):
        return value.isoformat()
    return value


def every_record() -> list[type[BaseModel]]:
    """Return every class of records there is, with its checks made; raises TypeError for one that is not known here."""
    found: list[type[BaseModel]] = []
    waiting: list[type[BaseModel]] = list(BaseModel.__subclasses__())
    while waiting:
        one = waiting.pop()
        one._checks()
        found.append(one)
        waiting += one.__subclasses__()
    return found
