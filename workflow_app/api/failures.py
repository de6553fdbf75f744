"""What can be wrong with a request before it reaches any service."""

from workflow_app.domain.errors import CreditError, ForbiddenError


class NotAuthenticatedError(CreditError):
    """Nobody is signed in, the token is unknown or expired, or the account is disabled."""

    code = "not_authenticated"
    message = "请先登录，或者提供有效的访问令牌。"
    status = 401


class CsrfFailedError(ForbiddenError):
    """A page's request without the token that proves it came from our own page."""

    code = "csrf_failed"
    message = "页面已失效，请刷新页面后重试。"


class MethodNotAllowedError(CreditError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    message = "此地址不支持 {method} 方法。"
    status = 405


class ContentTypeError(CreditError):
    """The body is of a kind that the operation does not read; `expected` names those it does."""

    code = "content_type_not_supported"
    message = "不支持内容类型“{found}”，请使用 {expected}。"
    status = 415


class BodyTooLargeError(CreditError):
    """The body is larger than the operation takes; `limit` in bytes."""

    code = "body_too_large"
    message = "请求内容过大，最多 {limit} 字节，请减少后重新提交。"
    status = 413


class LengthRequiredError(CreditError):
    """A body in chunks: its size is not known before it has come in."""

    code = "length_required"
    message = "请在请求头 Content-Length 中写明请求内容的长度。"
    status = 411


class BodyBrokenError(CreditError):
    """The body did not arrive whole, or its parts cannot be told apart."""

    code = "body_broken"
    message = "请求内容不完整或格式有误，请重新提交。"


class JsonInvalidError(CreditError):
    """The body is no JSON text."""

    code = "json_invalid"
    message = "请求内容不是有效的 JSON（第 {line} 行第 {column} 列），请改正后重新提交。"


class JsonEncodingError(CreditError):
    """The body is not UTF-8."""

    code = "json_encoding"
    message = "请求内容不是 UTF-8 编码（第 {position} 字节），请改用 UTF-8 后重新提交。"


class JsonTooDeepError(CreditError):
    """Objects and lists inside each other beyond any use."""

    code = "json_too_deep"
    message = "请求内容的层次过多，最多 {limit} 层，请减少嵌套。"


class JsonNumberError(CreditError):
    """NaN, Infinity, or a number beyond what every program reads alike."""

    code = "json_number"
    message = "请求内容中的数字“{number}”无效或过大，请改正。"


class JsonRepeatedKeyError(CreditError):
    """One object says the same key twice; programs differ in which one they take."""

    code = "json_repeated_key"
    message = "请求内容中重复出现了“{key}”，请只保留一个。"


class TextInvalidError(CreditError):
    """NUL or half of a surrogate pair, neither of which can be stored, or a part of a form that is too long."""

    code = "text_invalid"
    message = "请求内容中含有空字符（NUL）、不完整的字符或过长的文字，请删除后重新提交。"


class AddressInvalidError(CreditError):
    """NUL or another control character in the address."""

    code = "address_invalid"
    message = "请求的地址中含有无效字符。"


class HeaderInvalidError(CreditError):
    """A header that steers the act cannot be read."""

    code = "header_invalid"
    message = "请求头 {header} 的内容无效：{expected}。"


class RequestInvalidError(CreditError):
    """The request does not have the shape that the operation asks for."""

    code = "request_invalid"
    message = "请求的内容有 {count} 处需要改正。"
    status = 422


class FileRequiredError(CreditError):
    """An upload without a file."""

    code = "file_required"
    message = "请在“{field}”中上传一个文件。"
    status = 422


class DatabaseUnavailableError(CreditError):
    """The database does not answer, or gave the transaction up."""

    code = "database_unavailable"
    message = "系统暂时无法处理请求，请稍后重试；带有 Idempotency-Key 的请求可以放心重发，不会重复办理。"
    status = 503


class InternalError(CreditError):
    """Our own fault. `id` finds the entry in the log."""

    code = "internal_error"
    message = "系统内部错误，操作未完成。请稍后重试；如仍有问题，请将编号 {id} 告知管理员。"
    status = 500
