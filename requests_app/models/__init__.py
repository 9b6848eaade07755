from requests_app.models.allocation import Allocation
from requests_app.models.grants import RequestUserPermission
from requests_app.models.message import ReadRecord, Reminder
from requests_app.models.question import Answer, RequestQuestion
from requests_app.models.request import InformationRequest
from requests_app.models.subject import Preparation, SealedFile, SealedText, Subject

__all__ = [
    "Allocation",
    "Answer",
    "InformationRequest",
    "Preparation",
    "ReadRecord",
    "Reminder",
    "RequestQuestion",
    "RequestUserPermission",
    "SealedFile",
    "SealedText",
    "Subject",
]
